import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { text } from "node:stream/consumers";
import { onTestFinished } from "vitest";
import type { World } from "../../src/composition/world.ts";
import type { CallRecord } from "../../src/core/ledger/call-record.ts";
import { type RunningGateway, startGateway } from "../../src/serve.ts";
import { createFakeClock, type FakeClock } from "../fake-clock.ts";

/** What the vendor answers with: members of a chat completion, a status, or what never ends. */
export interface Answer {
  readonly status?: number;
  readonly usage?: object | null;
  readonly beside?: object;
  /** Frames of a stream, after which it hangs. */
  readonly hangs?: number;
}

/** A gateway before a vendor whose model costs a dollar for a million tokens in, four out. */
export interface PricedGateway {
  readonly gateway: RunningGateway;
  readonly clock: FakeClock;
  readonly records: CallRecord[];
  /** What the vendor answers with from now on. */
  answer: Answer;
  /** The requests that the vendor got. */
  readonly requests: { readonly model: string }[];
  /** Lets answers go that are held, one by one as requests came. Undefined: none are held. */
  hold?: (() => void)[];
}

/** Of every call of these tests: 10 tokens in, 5 out, which cost 30,000 nano-USD. */
export const usage = { prompt_tokens: 10, completion_tokens: 5, total_tokens: 15 };

const prices = 'facts: { prices: { tokens: { input: "1", output: "4" } } }';

/** Starts one with models m and free, which has no price. `more` is added to its config. */
export async function startPriced(more = "", world: Partial<World> = {}): Promise<PricedGateway> {
  const clock = createFakeClock();
  const records: CallRecord[] = [];
  const setup: { -readonly [K in keyof PricedGateway]: PricedGateway[K] } = {
    gateway: await startGateway({ port: 0, config: "{}" }),
    clock,
    records,
    answer: { usage },
    requests: [],
  };
  await setup.gateway.close();
  const url = await startVendor(setup);
  setup.gateway = await startGateway({
    port: 0,
    config: `
providers: { far: { kind: openai_compatible, base_url: "${url}" } }
models:
  - { name: m, targets: [{ model: far/m, ${prices} }] }
  - { name: cached, targets: [{ model: far/m, ${prices} }], cache: { ttl: 60s } }
  - { name: free, targets: [{ model: far/unknown }] }
${more}
`,
    world: {
      nowMs: clock.nowMs,
      schedule: clock.schedule,
      wallMs: () => Date.UTC(2026, 10, 30, 12) + clock.nowMs(),
      random: () => 0,
      record: (record) => records.push(record),
      ...world,
    },
  });
  onTestFinished(() => setup.gateway.close());
  return setup;
}

/** Sends a chat to a gateway. */
export function chat(
  { gateway }: Pick<PricedGateway, "gateway">,
  body: object = {},
  init: { readonly headers?: Record<string, string>; readonly signal?: AbortSignal } = {},
): Promise<Response> {
  return fetch(`${gateway.url}/v1/chat/completions`, {
    method: "POST",
    headers: { "content-type": "application/json", ...init.headers },
    body: JSON.stringify({ model: "m", messages: [{ role: "user", content: "hi" }], ...body }),
    ...(init.signal === undefined ? {} : { signal: init.signal }),
  });
}

async function startVendor(setup: Pick<PricedGateway, "answer" | "requests" | "hold">) {
  const server = createServer((request, response) => {
    void text(request).then((sent) => {
      const body = JSON.parse(sent);
      setup.requests.push(body);
      const { answer } = setup;
      const go = () => {
        if (answer.status !== undefined) {
          response.writeHead(answer.status, { "content-type": "application/json" });
          response.end('{"error":{"message":"no"}}');
        } else if (body.stream === true) streamAnswer(response, body.model, answer);
        else {
          response.setHeader("content-type", "application/json");
          response.end(JSON.stringify(completion(body.model, answer)));
        }
      };
      if (setup.hold === undefined) go();
      else setup.hold.push(go);
    });
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`; // it listens on TCP
}

function completion(model: string, { usage: used, beside }: Answer) {
  const message = { role: "assistant", content: "hello" };
  return {
    id: "c",
    object: "chat.completion",
    created: 1,
    model,
    choices: [{ index: 0, message, finish_reason: "stop" }],
    ...(used === null ? {} : { usage: used }),
    ...beside,
  };
}

function streamAnswer(
  response: {
    setHeader(name: string, value: string): void;
    write(chunk: string): void;
    end(): void;
  },
  model: string,
  { usage: used, beside, hangs }: Answer,
): void {
  response.setHeader("content-type", "text/event-stream");
  const chunk = (members: object) =>
    response.write(
      `data: ${JSON.stringify({ id: "c", object: "chat.completion.chunk", created: 1, model, ...beside, ...members })}\n\n`,
    );
  const delta = (content: object, finish: string | null = null) =>
    chunk({ choices: [{ index: 0, delta: content, finish_reason: finish }] });
  for (let frame = 0; frame < (hangs ?? 2); frame += 1)
    delta({ role: "assistant", content: "hel" });
  if (hangs !== undefined) return;
  delta({}, "stop");
  if (used !== null) chunk({ choices: [], usage: used });
  response.write("data: [DONE]\n\n");
  response.end();
}
