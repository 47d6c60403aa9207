import { join } from "node:path";
import { describe, expect, it, onTestFinished } from "vitest";
import {
  ConfigError,
  type ConfigInput,
  createGateway,
  type Gateway,
  type GatewayOptions,
} from "../../src/library.ts";
import { folderWith } from "../cli/spawn-parlance.ts";

async function open(config?: ConfigInput, options?: GatewayOptions): Promise<Gateway> {
  const gateway = await createGateway(config, options);
  onTestFinished(gateway.close);
  return gateway;
}

async function modelNames(gateway: Gateway): Promise<readonly string[]> {
  return (await gateway.clients.models.listModels({ pageSize: 1000 })).models.map(
    ({ name }) => name,
  );
}

const yaml =
  "providers: { sim: { kind: sim } }\nmodels: [{ name: mine, targets: [{ model: sim/echo }] }]\n";
const asObject = {
  providers: { sim: { kind: "sim" } },
  models: [{ name: "mine", targets: [{ model: "sim/echo" }] }],
};

function chat(path: string, body: object, init: RequestInit = {}): Request {
  return new Request(`http://gateway${path}`, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify(body),
    ...init,
  });
}

const messages = [{ role: "user", content: "one two three four" }];

describe("createGateway", () => {
  const inputs: readonly (readonly [title: string, config: () => ConfigInput])[] = [
    ["the text of a config", () => yaml],
    ["a config as an object", () => asObject],
    [
      "the path of a config",
      () => ({ file: join(folderWith({ "mine.yaml": yaml }), "mine.yaml") }),
    ],
  ];
  for (const [title, config] of inputs) {
    it(`takes ${title}`, async () => {
      expect(await modelNames(await open(config()))).toContain("mine");
    });
  }

  it("makes providers of credentials in the environment that it is given", async () => {
    for (const [env, expected] of [
      [{ GROQ_API_KEY: "gsk" }, true],
      [{}, false],
    ] as const) {
      const { patterns } = await (await open(undefined, { env })).clients.models.listModels({});
      expect(patterns.some(({ name }) => name === "groq/*")).toBe(expected);
    }
  });

  it("rejects a config that cannot be used, with the place of each mistake", async () => {
    const error = await createGateway(`${yaml}modles: []\n`).catch((reason: unknown) => reason);
    expect(error).toBeInstanceOf(ConfigError);
    expect(error).toMatchObject({ violations: [{ path: "modles", line: 3 }] });
    expect(String(error)).toContain("config:3:1: modles: ");
  });

  it("reloads a good config, and keeps the old one when it is bad", async () => {
    const gateway = await open(yaml);
    await gateway.reload(yaml.replace("mine", "yours"));
    expect(await modelNames(gateway)).toContain("yours");
    await expect(gateway.reload("modles: []")).rejects.toThrow(ConfigError);
    expect(await modelNames(gateway)).toContain("yours");
    expect((await gateway.clients.config.getConfig({})).lastReloadViolations).toHaveLength(1);
  });

  it("ends with the block it is made in", async () => {
    let after: Gateway | undefined;
    {
      await using gateway = await createGateway(yaml);
      after = gateway;
      expect((await gateway.handle(new Request("http://gateway/readyz"))).status).toBe(200);
    }
    expect((await after.handle(new Request("http://gateway/readyz"))).status).toBe(503);
  });
});

describe("handle", () => {
  it("answers as the port would: whole, streamed, typed and refused", async () => {
    const gateway = await open(yaml);
    const whole = await gateway.handle(chat("/v1/chat/completions", { model: "mine", messages }));
    expect(whole.headers.get("x-parlance-target")).toBe("sim/echo");
    expect(await whole.json()).toMatchObject({
      choices: [{ message: { content: "one two three four" } }],
    });

    const streamed = await gateway.handle(
      chat("/v1/messages", { model: "mine", max_tokens: 9, stream: true, messages }),
    );
    expect(streamed.headers.get("content-type")).toContain("text/event-stream");
    expect(await streamed.text()).toMatch(/event: message_start[\s\S]*event: message_stop/);

    const unknown = await gateway.handle(new Request("http://gateway/v1/nothing"));
    expect([unknown.status, await unknown.json()]).toMatchObject([
      404,
      { error: { message: expect.any(String) } },
    ]);

    const head = await gateway.handle(new Request("http://gateway/v1/models", { method: "HEAD" }));
    expect([head.status, await head.text()]).toEqual([200, ""]);
  });

  it("checks keys, and lets its own clients in without one", async () => {
    const keyed = `${yaml}keys: [{ name: dev, value: { value: the-key-of-the-developer } }]\n`;
    const gateway = await open(keyed);
    const ask = (headers: Record<string, string>) =>
      gateway.handle(new Request("http://gateway/v1/models", { headers }));
    expect((await ask({})).status).toBe(401);
    expect((await ask({ "x-api-key": "the-key-of-the-developer" })).status).toBe(200);
    expect(await modelNames(gateway)).toContain("mine");
    expect(await modelNames(await open(keyed, { key: "wrong" })).catch(String)).toContain(
      "the API key is not known",
    );
  });

  it("refuses a body beyond the limit", async () => {
    const gateway = await open(`${yaml}server: { limits: { max_body_bytes: 1048576 } }\n`);
    const body = { model: "mine", messages: [{ role: "user", content: "x".repeat(1_048_576) }] };
    expect((await gateway.handle(chat("/v1/chat/completions", body))).status).toBe(413);
  });

  it("cancels the call when the caller leaves before the head", async () => {
    const { promise: callerGone, resolve } = Promise.withResolvers<boolean>();
    const gateway = await open(yaml, { onCall: (record) => resolve(record.callerGone) });
    const signal = AbortSignal.timeout(50);
    const body = { model: "sim/hang", messages };
    await expect(
      gateway.handle(chat("/v1/chat/completions", body, { signal })),
    ).rejects.toMatchObject({
      name: "TimeoutError",
    });
    expect(await callerGone).toBe(true);
    await expect(
      gateway.handle(chat("/v1/chat/completions", body, { signal })),
    ).rejects.toMatchObject({
      name: "TimeoutError",
    });
  });

  it("cancels the call when the caller drops the body", async () => {
    const { promise: callerGone, resolve } = Promise.withResolvers<boolean>();
    const gateway = await open(yaml, { onCall: (record) => resolve(record.callerGone) });
    const body = { model: "sim/echo?rate=5", stream: true, messages };
    const reader = (await gateway.handle(chat("/v1/chat/completions", body))).body?.getReader();
    await reader?.read();
    await reader?.cancel();
    expect(await callerGone).toBe(true);
  });

  it("carries a stream that is larger than its buffer", async () => {
    const gateway = await open(yaml);
    const body = { model: "sim/lorem-50000", stream: true, messages };
    const response = await gateway.handle(chat("/v1/chat/completions", body));
    let bytes = 0;
    for await (const chunk of response.body ?? []) bytes += chunk.byteLength;
    expect(bytes).toBeGreaterThan(1_000_000);
  });

  it("ends running streams with the truth when the gateway is closed", async () => {
    const gateway = await createGateway(yaml);
    const body = { model: "sim/echo?rate=1", stream: true, messages };
    const response = await gateway.handle(chat("/v1/chat/completions", body));
    const [text] = await Promise.all([response.text(), gateway.close()]);
    expect(text).not.toContain("[DONE]");
    expect(text).toContain('"error":');
  });

  it("answers pages of configured origins only", async () => {
    const gateway = await open(
      `${yaml}server: { cors: { allowed_origins: ["https://app.example"] } }\n`,
    );
    const ask = async (origin: string) => {
      const response = await gateway.handle(
        new Request("http://gateway/v1/models", { headers: { origin } }),
      );
      return response.headers.get("access-control-allow-origin");
    };
    expect([await ask("https://app.example"), await ask("https://other.example")]).toEqual([
      "https://app.example",
      null,
    ]);
  });
});
