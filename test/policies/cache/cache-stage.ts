import { create } from "@bufbuild/protobuf";
import {
  ChoiceSchema,
  CompletionSchema,
  FinishReason,
} from "../../../gen/parlance/chat/v1/completion_pb.js";
import { type Event, EventSchema } from "../../../gen/parlance/chat/v1/event_pb.js";
import { Role } from "../../../gen/parlance/chat/v1/message_pb.js";
import { type Usage, UsageSchema } from "../../../gen/parlance/chat/v1/usage_pb.js";
import { loadConfig } from "../../../src/config/loading/load-config.ts";
import { handleCall } from "../../../src/core/attempt.ts";
import type { Call, Handler, Piece, Principal, Reply } from "../../../src/core/call.ts";
import { compose } from "../../../src/core/compose.ts";
import type { CallRecord } from "../../../src/core/ledger/call-record.ts";
import { endOf, leftEnd, wholeEnd } from "../../../src/core/life.ts";
import { chat } from "../../../src/core/operation.ts";
import { cachePolicy } from "../../../src/policies/cache/cache.ts";
import { createRoutingState } from "../../../src/policies/routing/routing-state.ts";
import { createMemoryEntries } from "../../../src/state/cache/memory-entries.ts";
import { createLocalRateWindows } from "../../../src/state/local-rate-window.ts";
import { createMemoryState } from "../../../src/state/state.ts";
import { createPromptCounter } from "../../../src/tokens/prompt-counter.ts";
import { callOf, chatOf, noOutlet, requestOf } from "../../calls.ts";
import { createFakeClock } from "../../fake-clock.ts";

/** What a vendor is still asked for. */
export interface VendorCall {
  readonly call: Call;
  /** Answers it whole. */
  answer(text: string): void;
  /** Fails it before its answer. */
  fail(error: Error): void;
  /** Begins its answer, or goes on with it. */
  say(text: string): void;
  /** Ends its answer. */
  finish(reason?: FinishReason): void;
  /** How many pieces of its answer nobody has taken. */
  untaken(): number;
  /** Breaks its answer off. */
  cut(error: Error): void;
}

const target = { provider: "p", model: "x" };
export const usage: Usage = create(UsageSchema, { inputTokens: 3n, outputTokens: 2n });

/** The stage of the cache before a vendor that the test plays. */
export function cacheStage(cache = "{ ttl: 60s }", root = "") {
  const text = `providers: { p: { kind: sim } }\nmodels: [{ name: m, targets: [{ model: p/x }], cache: ${cache} }]\n${root}`;
  const loaded = loadConfig({ text, filename: "cache.yaml" }, {}, () => "");
  if (!loaded.ok) throw new Error(JSON.stringify(loaded.violations));
  const { settings } = loaded;
  const clock = createFakeClock();
  const wallMs = () => 1_700_000_000_000 + clock.nowMs();
  const state = createMemoryState();
  const rates = createLocalRateWindows(state, wallMs);
  const records: CallRecord[] = [];
  const entries = createMemoryEntries(settings.config.cache);
  const stage = cachePolicy(settings, {
    ...createRoutingState({ state, nowMs: clock.nowMs, wallMs, rates }),
    outlet: () => noOutlet,
    random: () => 0,
    routingMembers: () => [],
    targetFacts: async () => undefined,
    countPrompt: createPromptCounter(),
    nowMs: clock.nowMs,
    wallMs,
    record: (record) => records.push(record),
    storedQuestions: undefined,
    cache: { entries, aliases: entries, maxEntryBytes: settings.config.cache.maxEntryBytes },
  });
  if (stage === undefined) throw new Error("there is no stage");
  const vendorCalls: VendorCall[] = [];
  const vendor: Handler = (call) =>
    new Promise((resolve, reject) => {
      call.life.onAbort((error) => reject(error));
      vendorCalls.push(playedBy(call, resolve, reject));
    });
  const handler = compose([stage], "vendor", () => vendor);
  const begin = ({ stream = false, principal = keyOf("one"), chatText = "hi" } = {}) => {
    const call = callOf({
      clock,
      principal,
      request: requestOf(chat, chatOf(chatText), stream),
    });
    const reply = handleCall(call, handler);
    reply.catch(() => undefined);
    return { call, reply };
  };
  return { begin, vendorCalls, clock, records, entries, stage };
}

/** Who calls with a key. */
export function keyOf(name: string, team = "red"): Principal {
  return { name, team, admin: false, models: undefined, strict: false };
}

/** The text of a reply, whole or streamed. */
export async function textOf({ body }: Reply): Promise<string> {
  if (body.kind === "whole") {
    const result = body.result();
    const [choice] = "choices" in result ? (result as { choices: Choices }).choices : []; // a completion
    return choice?.message?.parts.map(({ content }) => content.value?.text ?? "").join("") ?? "";
  }
  let text = "";
  for await (const { events } of body.pieces)
    for (const { event } of events) if (event.case === "textDelta") text += event.value.text;
  return text;
}

type Choices = {
  message?: { parts: { content: { value?: { text?: string } } }[] };
}[];

function playedBy(
  call: Call,
  resolve: (reply: Reply) => void,
  reject: (error: Error) => void,
): VendorCall {
  const { life } = call;
  const head = { life, target, dialect: "test", report: [], headers: {} };
  const queue: (Piece | Error | undefined)[] = [];
  let wake: (() => void) | undefined;
  let begun = false;
  const push = (piece: Piece | Error | undefined): void => {
    queue.push(piece);
    wake?.();
    if (!begun)
      resolve({ ...head, body: { kind: "stream", pieces: { [Symbol.asyncIterator]: read } } });
    begun = true;
  };
  const read = () => ({
    async next(): Promise<IteratorResult<Piece>> {
      while (queue.length === 0 && life.reason === undefined)
        await new Promise<void>((ready) => {
          wake = ready;
          life.onAbort(() => ready());
        });
      const piece = life.reason ?? queue.shift();
      if (piece instanceof Error) {
        life.end(endOf(piece, life, usage));
        throw piece;
      }
      if (piece !== undefined) return { done: false, value: piece };
      life.end(wholeEnd(usage));
      return { done: true, value: undefined };
    },
    async return(): Promise<IteratorResult<Piece>> {
      life.end(leftEnd(usage));
      return { done: true, value: undefined };
    },
  });
  const event = (one: Event["event"]) => create(EventSchema, { event: one });
  return {
    call,
    answer(text) {
      const parts = [{ content: { case: "text", value: { text } } } as const];
      const message = { role: Role.ASSISTANT, parts };
      const choice = create(ChoiceSchema, { message, finishReason: FinishReason.STOP });
      const result = create(CompletionSchema, { choices: [choice], usage });
      life.end(wholeEnd(usage));
      resolve({ ...head, body: { kind: "whole", result: () => result } });
    },
    fail: reject,
    say: (text) =>
      push({
        events: [
          event(create(EventSchema, { event: { case: "textDelta", value: { text } } }).event),
        ],
      }),
    finish(reason = FinishReason.STOP) {
      const finish = create(EventSchema, { event: { case: "finish", value: { reason } } });
      push({ events: [finish] });
      push(undefined);
    },
    untaken: () => queue.length,
    cut: push,
  };
}

/** Lets everything run that does not wait for the world. */
export function turns(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}
