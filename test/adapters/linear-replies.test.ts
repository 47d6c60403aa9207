import { describe, it } from "vitest";
import type { Completion } from "../../gen/parlance/chat/v1/completion_pb.js";
import type { Event } from "../../gen/parlance/chat/v1/event_pb.js";
import type { EmbedResult } from "../../gen/parlance/embed/v1/embedding_pb.js";
import type { RerankResult } from "../../gen/parlance/rerank/v1/ranking_pb.js";
import { anthropicMessagesFacade } from "../../src/adapters/anthropic-messages/index.ts";
import { cohereV1Facade } from "../../src/adapters/cohere/index.ts";
import { loadEveryDialect } from "../../src/adapters/dialects.ts";
import { openAiChatFacade } from "../../src/adapters/openai-chat/index.ts";
import { openAiResponsesFacade } from "../../src/adapters/openai-responses/index.ts";
import type { Decoded, Frame } from "../../src/core/dialect.ts";
import { collect } from "../../src/events/collect.ts";
import { explode } from "../../src/events/explode.ts";
import { nameToolCalls } from "../../src/events/name-tool-calls.ts";
import { createCharacterJoiner } from "../../src/events/whole-characters.ts";
import { type Json, parseJson } from "../../src/json/json.ts";
import { JsonText } from "../../src/json/json-text.ts";
import { expectCheap, expectLinear } from "../cpu-growth.ts";
import { answerRows } from "./growth/answer-events.ts";
import { anthropicRows } from "./growth/anthropic-rows.ts";
import { bedrockRows } from "./growth/bedrock-rows.ts";
import { cohereRows } from "./growth/cohere-rows.ts";
import { geminiRows } from "./growth/gemini-rows.ts";
import { openAiChatRows } from "./growth/openai-chat-rows.ts";
import { otherRows } from "./growth/other-rows.ts";
import { responsesRows } from "./growth/responses-rows.ts";
import type { DialectRows, WireRow } from "./growth/row.ts";
import { wrappedRows } from "./growth/wrapped-rows.ts";
import { type ClientSide, clientSide, type VendorSide, vendorSide } from "./sides.ts";

const dialects = await loadEveryDialect();

const facades: readonly ClientSide<unknown>[] = [
  clientSide<unknown>(openAiChatFacade),
  clientSide<unknown>(openAiResponsesFacade),
  clientSide<unknown>(anthropicMessagesFacade),
  clientSide<unknown>(cohereV1Facade),
];

const tables: readonly DialectRows[] = [
  openAiChatRows,
  responsesRows,
  anthropicRows,
  geminiRows,
  cohereRows,
  bedrockRows,
  ...otherRows,
  ...wrappedRows,
];

/** Linear is 4, quadratic 16; what touches nothing but memory is slowed by its growth alone. */
const maxRatio = 10;
/**
 * Sizes of the smaller measurement: enough for a list that is copied for each element to look
 * steep, after which expectLinear measures up to eight times as many.
 */
const reading = { size: 600, maxRatio };
const writing = { size: 400, maxRatio };
/** All client dialects at once. */
const writingAll = { size: 100, maxRatio };
/** Bytes that are read in one go where the cost of bytes is measured. */
const CHEAP_BYTES = 1 << 17;
/**
 * A stream comes in chunks of 64 KiB at most, between which others have their turn: one may cost
 * what 1 MB of a reply may.
 */
const AT_ONCE = 8;
/** `data: ` and a blank line. */
const FRAMING_BYTES = 8;

const context = { model: "asked", nowUnixS: 1, callId: "call", wantsUsage: true };

function given<T>(decoded: Decoded<T>): T | undefined {
  return decoded.ok ? decoded.value : undefined;
}

function bodyOf(json: unknown): { readonly json: Json; readonly body: Buffer } {
  const body = Buffer.from(JSON.stringify(json));
  const parsed = parseJson(body);
  if (!parsed.ok) throw new Error(parsed.error.message);
  return { json: parsed.value, body };
}

function framesOf(row: WireRow & { readonly kind: "stream" }, n: number): Frame[] {
  return row.frames(n).map(({ event, data }) => ({ event, data: Buffer.from(data) }));
}

/** Makes input of each size once, for several measurements of the same row. */
function kept<T>(make: (n: number) => T): (n: number) => T {
  const made = new Map<number, T>();
  return (n) => {
    const input = made.get(n) ?? make(n);
    made.set(n, input);
    return input;
  };
}

/** The events of a stream, up to the fault that ends it. */
function decodeStream(dialect: VendorSide<unknown>, frames: readonly Frame[]): Event[] {
  const events: Event[] = [];
  let state = dialect.begin("claude");
  for (const frame of frames) {
    const step = dialect.decodeEvent(state, frame);
    if (!step.ok) return events;
    state = step.state;
    for (const event of step.events) events.push(event);
  }
  const last = dialect.end(state);
  return last.ok ? events.concat(last.value) : events;
}

function watchStream(dialect: VendorSide<unknown>, frames: readonly Frame[]): void {
  const watch = dialect.passthrough.watch(true);
  for (const frame of frames) watch.see(frame);
  watch.ended();
}

/** What a client is told of events. */
function writeStream(facade: ClientSide<unknown>, events: readonly Event[]): string {
  let state = facade.begin(context);
  let text = "";
  for (const event of events) {
    const [next, frames] = facade.encodeEvent(state, event);
    state = next;
    for (const frame of frames) text += frame;
  }
  for (const frame of facade.encodeEnd(state)) text += frame;
  return text;
}

/** As the gateway hands events on: with ids for tool calls and whole characters. */
function handedOn(events: readonly Event[]): readonly Event[] {
  return nameToolCalls(createCharacterJoiner().join(events), "call");
}

/** Every client dialect: the events as a stream and as one reply. */
function writeAll(events: readonly Event[]): void {
  const named = handedOn(events);
  const whole = collect(named);
  for (const facade of facades) {
    writeStream(facade, named);
    facade.encodeResponse(whole, context);
  }
}

/** A reader of a whole reply, and what is done with what it gives. */
function readerOf(
  dialect: VendorSide<unknown>,
  row: WireRow,
): (json: Json, body: Buffer) => unknown {
  switch (row.kind) {
    case "chat":
      return (json, body) => given(dialect.decodeResponse(json, body, "claude"));
    case "embed":
      return (json) => given(dialect.embed.decodeResponse(json));
    case "rerank":
      return (json, body) => given(dialect.rerank.decodeResponse(json, body));
    case "count":
      return (json) => given(dialect.countTokens.decodeResponse(json));
    case "stream":
      throw new Error("a stream is no reply");
  }
}

function writeResult(row: WireRow, result: unknown): void {
  if (result === undefined) return;
  if (row.kind === "chat") writeAll(explode(result as Completion));
  for (const { codecs } of facades) {
    if (row.kind === "embed") codecs.embed?.encodeResponse(result as EmbedResult, context);
    if (row.kind === "rerank") codecs.rerank?.encodeResponse(result as RerankResult, context);
  }
}

function expectLinearReply(
  dialect: VendorSide<unknown>,
  row: Exclude<WireRow, { kind: "stream" }>,
): void {
  const read = readerOf(dialect, row);
  const inputOf = kept((n) => bodyOf(row.body(n)));
  expectLinear(
    "reading",
    (n) => {
      const { json, body } = inputOf(n);
      return () => read(json, body);
    },
    reading,
  );
  expectLinear(
    "the byte path",
    (n) => {
      const { body } = inputOf(n);
      const operation = row.kind === "count" ? "count_tokens" : row.kind;
      return () => [
        dialect.passthrough.scanUsage(operation, new JsonText(body)),
        dialect.passthrough.readable?.(operation, new JsonText(body), {}),
      ];
    },
    reading,
  );
  expectLinear(
    "writing",
    (n) => {
      const { json, body } = bodyOf(row.body(n));
      const result = read(json, body);
      return () => writeResult(row, result);
    },
    writingAll,
  );
  const { json, body } = bodyOf(row.body(sizeFor((n) => bodyOf(row.body(n)).body.length)));
  expectCheap("reading", body.length * slackFor(body), () => read(json, body));
}

function expectLinearStream(
  dialect: VendorSide<unknown>,
  row: WireRow & { readonly kind: "stream" },
): void {
  const inputOf = kept((n) => framesOf(row, n));
  expectLinear(
    "reading",
    (n) => {
      const frames = inputOf(n);
      return () => decodeStream(dialect, frames);
    },
    reading,
  );
  expectLinear(
    "the byte path",
    (n) => {
      const frames = inputOf(n);
      return () => watchStream(dialect, frames);
    },
    reading,
  );
  expectLinear(
    "writing",
    (n) => {
      const events = decodeStream(dialect, framesOf(row, n));
      return () => writeAll(events);
    },
    writingAll,
  );
  const bytesOf = (frames: readonly Frame[]) =>
    frames.reduce((sum, { data }) => sum + data.length + FRAMING_BYTES, 0);
  const frames = framesOf(
    row,
    sizeFor((n) => bytesOf(framesOf(row, n))),
  );
  expectCheap("reading what comes at once", CHEAP_BYTES * AT_ONCE, () =>
    decodeStream(dialect, frames),
  );
}

/** How many of a thing make CHEAP_BYTES. */
function sizeFor(bytesOf: (n: number) => number): number {
  const each = (bytesOf(200) - bytesOf(100)) / 100;
  return Math.max(1, Math.floor(CHEAP_BYTES / Math.max(1, each)));
}

/**
 * What is dear to parse already may cost more to read, and all of it twice what ordinary text may.
 */
function slackFor(body: Buffer): number {
  const text = body.toString();
  const ordinary = JSON.stringify(
    Array.from({ length: body.length / 50 }, () => "what is the weather in the north, and when"),
  );
  const density = (parseMs(text) * ordinary.length) / (parseMs(ordinary) * text.length);
  return Math.max(2, density / 4);
}

function parseMs(text: string): number {
  const took = Array.from({ length: 3 }, () => {
    const before = process.cpuUsage();
    JSON.parse(text);
    return process.cpuUsage(before).user;
  });
  return Math.max(1, Math.min(...took));
}

describe("what a vendor sends costs linear time", { timeout: 300_000 }, () => {
  for (const { dialect: name, rows } of tables) {
    const found = dialects.get(name);
    if (found === undefined) throw new Error(`no dialect ${name}`);
    const dialect = vendorSide(found);
    describe(name, () => {
      for (const row of rows) {
        it(`${row.kind}: ${row.title}`, () => {
          if (row.kind === "stream") expectLinearStream(dialect, row);
          else expectLinearReply(dialect, row);
        });
      }
    });
  }
});

describe("what a client is told costs linear time", { timeout: 300_000 }, () => {
  for (const row of answerRows) {
    it(`${row.title}: folded and unfolded`, () => {
      expectLinear(
        "a fold",
        (n) => {
          const events = row.events(n);
          return () => explode(collect(handedOn(events)));
        },
        reading,
      );
    });
    for (const facade of facades) {
      it(`${row.title}: ${facade.name}`, () => {
        expectLinear(
          "a stream",
          (n) => {
            const events = row.events(n);
            return () => writeStream(facade, events);
          },
          writing,
        );
        expectLinear(
          "a reply",
          (n) => {
            const whole = collect(row.events(n));
            return () => facade.encodeResponse(whole, context);
          },
          writing,
        );
      });
    }
  }
});
