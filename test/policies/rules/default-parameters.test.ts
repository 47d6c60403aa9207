import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { text } from "node:stream/consumers";
import { describe, expect, it, onTestFinished } from "vitest";
import { readParameters } from "../../../src/core/rules/read-parameters.ts";
import { startGateway } from "../../../src/serve.ts";

/** A gateway with a key that has defaults, and what its vendor gets of a body. */
async function startDefaults() {
  const bodies: string[] = [];
  const vendor = createServer((request, response) => {
    void text(request).then((body) => {
      bodies.push(body);
      response.writeHead(400, { "content-type": "application/json" }).end('{"error":"no"}');
    });
  });
  vendor.listen(0, "127.0.0.1");
  await new Promise((resolve) => vendor.once("listening", resolve));
  const { port } = vendor.address() as AddressInfo; // it listens on a port
  const base_url = `http://127.0.0.1:${port}`;
  const gateway = await startGateway({
    port: 0,
    config: JSON.stringify({
      providers: {
        open: { kind: "openai_compatible", base_url, api_key: { value: "key" } },
        claude: { kind: "anthropic", base_url, api_key: { value: "key" } },
      },
      keys: [
        {
          name: "dev",
          value: { value: "dev-key" },
          default_parameters: { temperature: 0.25, max_tokens: 50, reasoning_effort: "LOW" },
        },
        { name: "plain", value: { value: "plain-key" } },
      ],
      rules: [{ name: "cap", cap: { max_tokens: 40 } }],
    }),
    world: { record: () => undefined },
  });
  onTestFinished(async () => {
    await gateway.close();
    vendor.closeAllConnections();
    vendor.close();
  });
  return async (path: string, body: string, key = "dev-key"): Promise<string> => {
    bodies.length = 0;
    const headers = { "content-type": "application/json", authorization: `Bearer ${key}` };
    const reply = await fetch(gateway.url + path, { method: "POST", headers, body });
    await reply.text();
    return bodies[0] ?? "";
  };
}

const messages = '"messages":[{"role":"user","content":"Hi \\u00e9"}]';

describe("defaults of a key", () => {
  it("fill in what a chat does not say, before rules and byte by byte", async () => {
    const sent = await startDefaults();
    const chat = (more: string) => `{"model":"open/m",${messages}${more}}`;
    const path = "/v1/chat/completions";
    expect(await sent(path, chat(""))).toBe(
      `{"model":"m",${messages},"temperature":0.25,"max_tokens":40,"reasoning_effort":"low"}`,
    );
    expect(
      await sent(path, chat(',"temperature":1.0,"max_tokens":7,"reasoning_effort":"high"')),
    ).toBe(`{"model":"m",${messages},"temperature":1.0,"max_tokens":7,"reasoning_effort":"high"}`);
    expect(await sent(path, chat(',"max_tokens":7'), "plain-key")).toBe(
      `{"model":"m",${messages},"max_tokens":7}`,
    );
  });

  it("go to vendors of other dialects too", async () => {
    const sent = await startDefaults();
    const body = await sent("/v1/chat/completions", `{"model":"claude/m",${messages}}`);
    expect(JSON.parse(body)).toMatchObject({ temperature: 0.25, max_tokens: 40 });
  });

  it("are none of other operations", async () => {
    const sent = await startDefaults();
    const body = '{"model":"open/m","input":"Hi"}';
    expect(await sent("/v1/embeddings", body)).toBe('{"model":"m","input":"Hi"}');
  });
});

describe("parameters of the store's keys", () => {
  const cases: readonly (readonly [text: string, read: object | string])[] = [
    ["", []],
    ["{}", []],
    [
      '{"temperature":0.5,"max_completion_tokens":9}',
      [
        ["temperature", 0.5],
        ["max_tokens", 9],
      ],
    ],
    [
      '{"reasoning_effort":"low","seed":7,"top_p":1}',
      [
        ["reasoning_effort", 3],
        ["seed", 7],
        ["top_p", 1],
      ],
    ],
    ["[]", "must be the text of a JSON object"],
    ["{", "must be the text of a JSON object"],
    ['{"temperature":"1"}', "temperature must be a number from 0 to 100"],
    ['{"top_p":1.5}', "top_p must be a number from 0 to 1"],
    ['{"max_tokens":1.5}', "max_tokens must be a whole number from 1 to 100000000"],
    ['{"max_tokens":0}', "max_tokens must be a whole number from 1 to 100000000"],
    ['{"reasoning_effort":"hard"}', "reasoning_effort must be one of "],
    ['{"stop":"a"}', "stop has no default: "],
    ['{"__proto__":1}', "__proto__ has no default: "],
  ];
  for (const [text, read] of cases)
    it(`are read from ${text}`, () => {
      const found = readParameters(text);
      if (typeof read === "string") expect(found).toContain(read);
      else expect(found).toEqual(read);
    });
});
