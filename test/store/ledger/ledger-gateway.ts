import { createServer, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { text } from "node:stream/consumers";
import { expect, onTestFinished } from "vitest";
import type { LedgerRow } from "../../../src/core/ledger/ledger-row.ts";
import { type RunningGateway, startGateway } from "../../../src/serve.ts";
import { createFakeClock, type FakeClock } from "../../fake-clock.ts";

/** A request as the vendor got it. */
export interface VendorRequest {
  readonly path: string;
  readonly body: Readonly<Record<string, unknown>> & { readonly model: string };
  /** From 0, over all requests. */
  readonly number: number;
}

/** What the vendor does with a request. */
export type Script = (request: VendorRequest, response: ServerResponse) => void;

/** A gateway before one scripted vendor that speaks all dialects, with its ledger in memory. */
export interface LedgerGateway {
  readonly gateway: RunningGateway;
  readonly clock: FakeClock;
  /** What the vendor does from now on. */
  script: Script;
  /** The rows of the ledger once there are so many, the oldest first. */
  readonly rows: (count: number) => Promise<readonly LedgerRow[]>;
  readonly post: (path: string, body: object, more?: RequestInit) => Promise<Response>;
}

/** Starts one. A dollar for a million tokens of a prompt, four for those of an answer. */
export async function startLedger(more = ""): Promise<LedgerGateway> {
  const clock = createFakeClock();
  let number = 0;
  const server = createServer((request, response) => {
    void text(request).then((sent) => {
      const body = sent === "" ? { model: "" } : JSON.parse(sent);
      setup.script({ path: request.url ?? "", body, number: number++ }, response);
    });
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  const { port } = server.address() as AddressInfo; // it listens on TCP
  const url = `http://127.0.0.1:${port}`;
  const gateway = await startGateway({
    port: 0,
    config: configOf(url, more),
    world: {
      nowMs: clock.nowMs,
      schedule: clock.schedule,
      wallMs: () => Date.UTC(2026, 10, 30, 12) + clock.nowMs(),
      random: () => 0,
    },
  });
  onTestFinished(() => gateway.close());
  const setup: LedgerGateway = {
    gateway,
    clock,
    script: (_, response) => response.end(),
    async rows(count) {
      const link = gateway.engine.world.store;
      if (link === undefined) throw new Error("no store");
      const read = async () =>
        (await link.request("calls.page", { limit: 100, oldestFirst: true })).calls;
      await expect.poll(async () => (await read()).length).toBe(count);
      return read();
    },
    post: (path, body, init = {}) => {
      clock.advance(1);
      return fetch(`${gateway.url}${path}`, {
        method: "POST",
        body: JSON.stringify(body),
        ...init,
        headers: { "content-type": "application/json", ...key, ...init.headers },
      });
    },
  };
  return setup;
}

const key = { authorization: "Bearer sk-dev" };

function configOf(url: string, more: string): string {
  const prices = 'facts: { prices: { tokens: { input: "1", output: "4" } } }';
  return `
providers:
  far: { kind: openai_compatible, base_url: "${url}" }
  claude: { kind: anthropic, base_url: "${url}", api_key: { value: sk-a } }
  ali: { kind: dashscope, base_url: "${url}", api_key: { value: sk-b } }
teams: [{ name: support }]
keys: [{ name: dev, value: { value: sk-dev }, team: support, tags: [web] }]
rules: [{ name: tagged, when: '"web" in call.tags', add_tags: [ruled] }]
models:
  - { name: m, targets: [{ model: far/m, ${prices} }] }
  - { name: claude, targets: [{ model: claude/claude-x, ${prices} }] }
  - { name: vectors, targets: [{ model: ali/text-embedding-v4, ${prices} }] }
  - { name: two, targets: [{ model: far/bad, ${prices} }, { model: far/m, ${prices} }], strategy: PRIORITY }
  - { name: raced, targets: [{ model: far/slow, ${prices} }, { model: far/m, ${prices} }], strategy: PRIORITY, hedge: { after: 1s, max_percent: 100 } }
  - name: split
    targets: [{ model: far/m, ${prices} }]
    experiment: { unit: KEY, arms: [{ name: only, percent: 99 }, { name: rest, percent: 1 }] }
${more}
`;
}

/** Sends JSON. */
export function sendJson(response: ServerResponse, body: object, status = 200): void {
  response.writeHead(status, { "content-type": "application/json" });
  response.end(JSON.stringify(body));
}

/** A whole answer of OpenAI's API: 10 tokens in, 5 out. */
export function completion(model: string, more: object = {}) {
  const message = { role: "assistant", content: "hello" };
  return {
    id: "c",
    object: "chat.completion",
    created: 1,
    model,
    choices: [{ index: 0, message, finish_reason: "stop" }],
    usage: { prompt_tokens: 10, completion_tokens: 5, total_tokens: 15 },
    ...more,
  };
}

/** Sends events of a stream, each with its name where it has one. */
export function sendEvents(response: ServerResponse, events: readonly object[]): void {
  if (!response.headersSent) response.writeHead(200, { "content-type": "text/event-stream" });
  for (const event of events) {
    const name = "type" in event ? `event: ${String(event.type)}\n` : "";
    response.write(`${name}data: ${JSON.stringify(event)}\n\n`);
  }
}

/** A chunk of a stream of OpenAI's API. */
export function chunk(model: string, content: string) {
  const choices = [{ index: 0, delta: { role: "assistant", content }, finish_reason: null }];
  return { id: "c", object: "chat.completion.chunk", created: 1, model, choices };
}
