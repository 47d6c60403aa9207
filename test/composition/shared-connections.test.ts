import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { setImmediate as turn } from "node:timers/promises";
import { describe, expect, it, onTestFinished } from "vitest";
import { createFakeClock, type FakeClock } from "../fake-clock.ts";
import { startGateway } from "../policies/emulation/start-gateway.ts";

const chunk = (delta: object, finish: string | null = null): string =>
  `data: ${JSON.stringify({ id: "c", object: "chat.completion.chunk", created: 1, model: "m", choices: [{ index: 0, delta, finish_reason: finish }] })}\n\n`;
const opener = chunk({ role: "assistant", content: "" });
const content = chunk({ content: "well" });
const whole = `${opener}${content}${chunk({}, "stop")}data: [DONE]\n\n`;
const completion = JSON.stringify({
  id: "c",
  object: "chat.completion",
  created: 1,
  model: "m",
  choices: [{ index: 0, message: { role: "assistant", content: "well" }, finish_reason: "stop" }],
  usage: { prompt_tokens: 1, completion_tokens: 1, total_tokens: 2 },
});

type Act = (response: ServerResponse, stream: boolean) => void;

const begin = (response: ServerResponse, stream: boolean, text: string): void => {
  response.writeHead(200, { "content-type": stream ? "text/event-stream" : "application/json" });
  response.write(text);
};
const answer: Act = (response, stream) => {
  begin(response, stream, stream ? whole : completion);
  response.end();
};
const half = (stream: boolean): string => (stream ? opener + content : completion.slice(0, 20));

/** What the vendor does with a request, by a word of its prompt. */
const acts: Readonly<Record<string, Act>> = {
  silence: () => undefined,
  answer,
  failure: (response) =>
    response
      .writeHead(500, { "content-type": "application/json" })
      .end('{"error":{"message":"no"}}'),
  death: (response) => response.destroy(),
  cut: (response, stream) => {
    begin(response, stream, half(stream));
    response.write(" ", () => response.destroy());
  },
  garbage: (response, stream) => {
    begin(response, stream, stream ? `${opener}data: {]\n\n` : "{]");
    response.end();
  },
  report: (response, stream) => {
    begin(
      response,
      stream,
      `${stream ? opener + content : ""}${stream ? "data: " : ""}{"error":{"message":"no"}}\n\n`,
    );
    response.end();
  },
  stall: (response, stream) => begin(response, stream, stream ? opener : completion.slice(0, 20)),
  pause: (response, stream) => begin(response, stream, half(stream)),
};

/** A vendor that does what prompts say. */
async function startVendor() {
  let came = 0;
  const waiting: (() => void)[] = [];
  const server = createServer(async (request: IncomingMessage, response: ServerResponse) => {
    response.on("error", () => undefined);
    const pieces: Buffer[] = [];
    for await (const piece of request) pieces.push(piece);
    const { stream, messages } = JSON.parse(Buffer.concat(pieces).toString());
    acts[messages[0].content]?.(response, stream === true);
    came += 1;
    for (const wake of waiting.splice(0)) wake();
  });
  server.listen(0, "127.0.0.1");
  await new Promise<void>((resolve) => server.once("listening", resolve));
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  const { port } = server.address() as AddressInfo; // a listening TCP server always has one
  return {
    provider: { kind: "openai", base_url: `http://127.0.0.1:${port}/v1`, api_key: { value: "k" } },
    count: () => came,
    /** Resolves when so many requests have come in all. */
    async came(count: number): Promise<void> {
      while (came < count) await new Promise<void>((resolve) => waiting.push(resolve));
    },
  };
}

interface Asking {
  readonly url: string;
  readonly model: string;
  readonly prompt: string;
  readonly key?: string;
  readonly stream?: boolean;
  readonly path?: string;
  readonly signal?: AbortSignal;
}

function ask({
  url,
  model,
  prompt,
  key = "",
  stream = false,
  path = "/v1/chat/completions",
  signal,
}: Asking) {
  return fetch(url + path, {
    method: "POST",
    headers: { "content-type": "application/json", authorization: `Bearer ${key}` },
    body: JSON.stringify({
      model,
      stream,
      max_tokens: 9,
      messages: [{ role: "user", content: prompt }],
    }),
    ...(signal === undefined ? {} : { signal }),
  });
}

/** Many calls that nobody answers, which their callers leave at the end of the test. */
function crowd(count: number, asking: Omit<Asking, "prompt">) {
  const leaving = new AbortController();
  const calls = Array.from({ length: count }, () =>
    ask({ ...asking, prompt: "silence", signal: leaving.signal }),
  );
  const over = Promise.allSettled(calls);
  return async (): Promise<void> => {
    leaving.abort();
    await over;
  };
}

/** Waits until so many timers wait, each of which a call holds. */
async function timers(clock: FakeClock, count: number): Promise<void> {
  while (clock.waiting() < count) await turn();
}

describe("a vendor that does not answer", () => {
  const keys = ["a", "b"].map((name) => ({ name, value: { value: name } }));

  it("is not taken from other keys and other providers by the 280 calls of one", async () => {
    const vendor = await startVendor();
    const clock = createFakeClock();
    const providers = { one: vendor.provider, two: vendor.provider };
    const { url } = await startGateway({ providers, keys }, clock);
    const leave = crowd(280, { url, model: "one/m", key: "a" });
    await vendor.came(128);
    await timers(clock, 280);
    expect(vendor.count()).toBe(128);
    const others = [
      { url, model: "one/m", key: "b", prompt: "answer" },
      { url, model: "two/m", key: "a", prompt: "answer" },
    ];
    for (const asking of others) expect((await ask(asking)).status).toBe(200);
    await leave();
  });

  it("has all its connections for one key, and the call beyond them waits for its connect timeout", async () => {
    const vendor = await startVendor();
    const clock = createFakeClock();
    const models = [{ name: "both", targets: [{ model: "one/m" }], fallbacks: ["backup/echo"] }];
    const providers = { one: vendor.provider, backup: { kind: "sim" } };
    const { url, records } = await startGateway(
      { providers, models, keys: keys.slice(0, 1) },
      clock,
    );
    const leave = crowd(256, { url, model: "one/m", key: "a" });
    await vendor.came(256);
    await timers(clock, 256);
    const late = ["one/m", "both"].map((model) => ask({ url, model, key: "a", prompt: "answer" }));
    await timers(clock, 258);
    expect(vendor.count()).toBe(256);
    clock.advance(10_000);
    const [refused, fallen] = await Promise.all(late);
    const { error } = JSON.parse((await refused?.text()) ?? "");
    expect([refused?.status, error.code]).toEqual([503, "upstream_busy"]);
    expect(error.message).toMatch(
      /provider one: .*all 256 connections are busy; .*max_connections \(10000 ms\)/,
    );
    expect([fallen?.status, fallen?.headers.get("x-parlance-target")]).toEqual([
      200,
      "backup/echo",
    ]);
    expect(
      records.flatMap(({ attempts }) => attempts.map(({ target }) => target.provider)),
    ).toContain("backup");
    await leave();
  });

  it("has the connections and shares that the provider's settings say", async () => {
    const vendor = await startVendor();
    const clock = createFakeClock();
    const one = { ...vendor.provider, max_connections: 10, max_connections_per_key_percent: 35 };
    const { url } = await startGateway({ providers: { one }, keys }, clock);
    const leave = crowd(5, { url, model: "one/m", key: "a" });
    await vendor.came(3);
    await timers(clock, 5);
    expect(vendor.count()).toBe(3);
    await leave();
  });
});

describe("a connection comes back", () => {
  const clients = [
    ["untouched", "/v1/chat/completions"],
    ["translated", "/v1/messages"],
  ] as const;
  for (const [way, path] of clients) {
    for (const stream of [false, true]) {
      it(`after every end of a call, ${way}, ${stream ? "streamed" : "whole"}`, async () => {
        const vendor = await startVendor();
        const clock = createFakeClock();
        const { url, bugs } = await startGateway(
          { providers: { one: { ...vendor.provider, max_connections: 1 } } },
          clock,
        );
        const asking = { url, model: "one/m", path, stream };
        const ends: Readonly<Record<string, () => void>> = {
          answer: () => undefined,
          failure: () => undefined,
          death: () => undefined,
          cut: () => undefined,
          garbage: () => undefined,
          report: () => undefined,
          silence: () => clock.advance(600_000),
          stall: () => clock.advance(600_000),
          pause: () => clock.advance(600_000),
        };
        for (const [prompt, end] of Object.entries(ends)) {
          const before = vendor.count();
          const call = ask({ ...asking, prompt }).then((reply) => reply.text());
          await vendor.came(before + 1);
          for (let turns = 0; turns < 20; turns += 1) await turn();
          end();
          await call;
          const good = await ask({ ...asking, prompt: "answer" });
          expect([prompt, await good.text()]).toEqual([prompt, expect.stringContaining("well")]);
        }
        for (const prompt of ["silence", "stall", "pause"]) {
          const before = vendor.count();
          const leaving = new AbortController();
          const call = ask({ ...asking, prompt, signal: leaving.signal }).then((reply) =>
            reply.text(),
          );
          await vendor.came(before + 1);
          leaving.abort();
          await expect(call).rejects.toThrow();
          const good = await ask({ ...asking, prompt: "answer" });
          expect([prompt, await good.text()]).toEqual([prompt, expect.stringContaining("well")]);
        }
        expect(bugs).toEqual([]);
      });
    }
  }
});
