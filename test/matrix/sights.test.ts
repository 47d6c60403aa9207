import { create } from "@bufbuild/protobuf";
import { createClient } from "@connectrpc/connect";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { ChatService } from "../../gen/parlance/chat/v1/chat_service_pb.js";
import { type Completion, CompletionSchema } from "../../gen/parlance/chat/v1/completion_pb.js";
import type { Event } from "../../gen/parlance/chat/v1/event_pb.js";
import { loadEveryDialect } from "../../src/adapters/dialects.ts";
import type { Piece } from "../../src/core/call.ts";
import type { Sight, Stage } from "../../src/core/compose.ts";
import type { Dialect } from "../../src/core/dialect.ts";
import { expectMessage } from "../../src/core/operation.ts";
import { rewriteReply } from "../../src/core/reply/rewrite-reply.ts";
import { watchReply } from "../../src/core/reply/watch-reply.ts";
import { collect } from "../../src/events/collect.ts";
import { isObject, parseJson } from "../../src/json/json.ts";
import { createNdjsonParser } from "../../src/upstream/framing/ndjson.ts";
import { createSseParser } from "../../src/upstream/framing/sse.ts";
import { chatOf } from "../calls.ts";
import { type RestDialect, restDialects } from "../rest-dialects.ts";
import { readUsage } from "./rpc-client.ts";
import { toldUsage } from "./scenarios.ts";
import { type Sighted, startSighted } from "./start-sighted.ts";
import type { UpstreamRow } from "./upstream-row.ts";
import { upstreams } from "./upstreams.ts";

/** The dialect by which the clients of a kind read, and we read here. */
const dialectNames: Readonly<Record<string, string>> = {
  openai_compatible: "openai-chat",
  openai_responses_compatible: "openai-responses",
  anthropic: "anthropic-messages",
  gemini: "gemini",
  ollama: "ollama",
  cohere: "cohere",
};

/** What a client got: its bytes, and what its own dialect reads in them. */
interface Answer {
  readonly bytes: string;
  readonly text: string;
}

let sighted: Sighted;
let dialects: ReadonlyMap<string, Dialect>;

beforeAll(async () => {
  sighted = await startSighted();
  dialects = await loadEveryDialect();
});
afterAll(() => sighted.close());

function textOf(completion: Completion): string {
  const parts = completion.choices.flatMap(({ message }) => message?.parts ?? []);
  return parts.map(({ content }) => (content.case === "text" ? content.value.text : "")).join("");
}

function modelOf(row: UpstreamRow): string {
  return `${row.name}/${row.model}-usage`;
}

/** Where no model tells the vendor what to do, the words end with it. */
const words = "tell me of the weather usage-usage";

async function askRest(client: RestDialect, row: UpstreamRow, stream: boolean): Promise<Answer> {
  const model = modelOf(row);
  const body = JSON.stringify(client.body(model, stream)).replace('"one"', JSON.stringify(words));
  const response = await sighted.fetch(
    new Request(`http://gateway${client.path(model, stream)}`, {
      method: "POST",
      headers: { "content-type": "application/json" },
      body,
    }),
  );
  const bytes = Buffer.from(await response.arrayBuffer());
  const said = bytes.toString("utf8");
  expect([response.status, response.status === 200 ? "" : said]).toEqual([200, ""]);
  const dialect = dialects.get(dialectNames[client.kind] ?? "");
  const codec = dialect?.codecs.chat;
  if (codec === undefined) throw new Error(`no dialect of ${client.kind}`);
  const text = textOf(stream ? readStream(codec, client, bytes) : readWhole(codec, bytes));
  return { bytes: said.replaceAll(/[\da-f-]{36}|\d+/g, "#"), text };
}

type ChatCodec = NonNullable<Dialect["codecs"]["chat"]>;

function readWhole(codec: ChatCodec, bytes: Uint8Array): Completion {
  const parsed = parseJson(bytes);
  if (!parsed.ok || !isObject(parsed.value)) throw new Error("the client got no JSON");
  const decoded = codec.decodeResponse({ json: parsed.value, bytes }, { model: "", quirks: {} });
  if (!decoded.ok) throw new Error(decoded.fault.message);
  return expectMessage(decoded.value, CompletionSchema);
}

function readStream(codec: ChatCodec, { streams }: RestDialect, bytes: Uint8Array): Completion {
  const parser = streams.includes("ndjson") ? createNdjsonParser() : createSseParser();
  const decoder = codec.stream;
  if (decoder === undefined) throw new Error("the dialect has no stream");
  let state = decoder.begin("");
  const events: Event[] = [];
  for (const frame of [...parser.push(bytes), ...parser.end()]) {
    const step = decoder.decodeEvent(state, frame);
    if (!step.ok) throw new Error(step.fault.message);
    state = step.state;
    for (const event of step.events) events.push(event);
  }
  const last = decoder.end(state);
  if (!last.ok) throw new Error(last.fault.message);
  return collect([...events, ...last.value]);
}

async function askTyped(row: UpstreamRow, stream: boolean): Promise<Answer> {
  const client = createClient(ChatService, sighted.transport);
  const chat = chatOf(words, modelOf(row));
  if (!stream) {
    const { completion = create(CompletionSchema) } = await client.complete({ chat });
    return { bytes: "", text: textOf(completion) };
  }
  const events: Event[] = [];
  for await (const { event } of client.streamComplete({ chat }))
    if (event !== undefined) events.push(event);
  return { bytes: "", text: textOf(collect(events)) };
}

/** Every client: those of REST, and the typed one. */
const clients: readonly (readonly [
  name: string,
  ask: (row: UpstreamRow, stream: boolean) => Promise<Answer>,
])[] = [
  ...restDialects.map(
    (client) =>
      [client.kind, (row: UpstreamRow, stream: boolean) => askRest(client, row, stream)] as const,
  ),
  ["typed", askTyped],
];

function looking(sees: Sight, see: (piece: Piece) => void): Stage {
  return {
    name: "looks",
    sees,
    layer: (next) => async (call) => watchReply(await next(call), call.request.operation, see),
  };
}

/** Upper-cases what is said. */
const shouts: Stage = {
  name: "shouts",
  sees: "rewrites",
  layer: (next) => (call) =>
    rewriteReply(call, next, async function* (pieces) {
      for await (const { events } of pieces) yield { events: events.map(shouted) };
    }),
};

function shouted(from: Event): Event {
  const { event } = from;
  if (event.case !== "textDelta") return from;
  const text = event.value.text.toUpperCase();
  return { ...from, event: { case: event.case, value: { ...event.value, text } } };
}

/** Pairs of a client and a vendor between which bytes passed while somebody looked. */
const passed = new Set<string>();

for (const [name, ask] of clients) {
  for (const stream of [false, true]) {
    describe(`${name} client, ${stream ? "streamed" : "whole"}`, () => {
      for (const row of upstreams) {
        it(`${row.name}: usage is known, looking changes no byte, and one may rewrite`, async () => {
          const usages: unknown[] = [];
          sighted.use({
            name: "counts",
            layer: (next) => (call) => {
              call.life.atEnd(({ usage }) => usages.push(readUsage(usage)));
              return next(call);
            },
          });
          const plain = await ask(row, stream);
          expect(usages).toEqual([toldUsage(row, stream)]);
          expect(plain.text).not.toBe("");

          const events: Event[] = [];
          const see = ({ events: some, wire }: Piece): void => {
            for (const event of some) events.push(event);
            if (wire !== undefined) passed.add(`${name} at ${row.name}`);
          };
          sighted.use(looking("events", see));
          expect(await ask(row, stream)).toEqual(plain);
          expect(textOf(collect(events))).toBe(plain.text);

          sighted.use(shouts);
          const { text } = await ask(row, stream);
          expect(text).toBe(plain.text.toUpperCase());
          expect(text).not.toBe(plain.text);
        });
      }
    });
  }
}

it("bytes passed beside their events wherever the client speaks the vendor's dialect", () => {
  expect([...passed].toSorted()).toEqual([
    "anthropic at anthropic",
    "cohere at cohere",
    "gemini at gemini",
    "ollama at ollama",
    "openai_compatible at compatible",
    "openai_compatible at openai",
    "openai_responses_compatible at openai",
    "openai_responses_compatible at responses",
  ]);
});
