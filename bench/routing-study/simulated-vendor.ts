import { create } from "@bufbuild/protobuf";
import { EventSchema } from "../../gen/parlance/chat/v1/event_pb.js";
import { type Usage, UsageSchema } from "../../gen/parlance/chat/v1/usage_pb.js";
import { ErrorReason } from "../../gen/parlance/error/v1/error_reason_pb.js";
import { attemptOf } from "../../src/core/attempt.ts";
import type { Call, Handler, Piece } from "../../src/core/call.ts";
import type { Fault } from "../../src/core/faults/fault.ts";
import { GatewayError } from "../../src/core/faults/gateway-error.ts";
import type { Life } from "../../src/core/life.ts";
import { livingPieces } from "../../src/core/reply/living-pieces.ts";
import { pause } from "../../src/core/time/pause.ts";
import { createDraw, type Distribution, type Draw } from "./draws.ts";
import { VendorSlots } from "./vendor-slots.ts";

/** How a vendor does at some time. */
export interface Condition {
  /** Its times are so many times as long as usual. */
  readonly slow: number;
  /** The share of calls, from 0 to 1, that it answers with an error, soon. */
  readonly errors: number;
  /** It takes calls and never answers. */
  readonly silent: boolean;
  /** How many calls it answers at once; more wait in a line. */
  readonly slots: number;
  /** How many calls a second it takes; more get a 429 at once. */
  readonly callsPerSecond: number;
}

/** A vendor of the study. */
export interface VendorModel {
  readonly name: string;
  /** Milliseconds to the first token, once a call has a slot. */
  readonly firstToken: Distribution;
  /** Its prices in dollars for a million tokens. */
  readonly price: { readonly input: number; readonly output: number };
  /** How it does, so many milliseconds after the start. */
  readonly conditionAt: (ms: number) => Condition;
}

/** What a vendor was called for, and what it bills. */
export interface Ledger {
  calls: number;
  costUsd: number;
}

/** A vendor in this process that takes its times from the clock of the calls. */
export interface SimulatedVendor {
  readonly handler: Handler;
  readonly ledger: Ledger;
}

/** Tokens of every prompt. */
export const inputTokens = 500;

/** Milliseconds between two tokens of an answer. */
const tokenMs = 3;
/** Tokens of an answer: at least 20, and 200 on average. */
const outputTokens = (draw: Draw) => 20 + Math.floor(-180 * Math.log(1 - draw()));
/** Milliseconds until an error or a 429. */
const errorMs = 30;
/** How long it wants to be left alone with a 429, in milliseconds. */
const retryAfterMs = 1000;
/** More calls than so many do not wait in its line. */
const maxWaiting = 50;

/** The number of a call of the study, which is its id. */
export function callNumber({ id }: Pick<Call, "id">): number {
  return Number(id);
}

/**
 * Makes a vendor. What a call meets there depends on the seed, the call and how often it was sent
 * there before, and not on other calls: so every strategy meets the same luck.
 */
export function createVendor(model: VendorModel, place: number, seed: number): SimulatedVendor {
  const ledger: Ledger = { calls: 0, costUsd: 0 };
  const sent = new Map<string, number>();
  let nowMs = () => 0;
  const slots = new VendorSlots(() => model.conditionAt(nowMs()).slots);
  const rate = new CallRate();
  const handler: Handler = async (call) => {
    const { target } = attemptOf(call);
    const { life } = call;
    nowMs = () => life.nowMs;
    const again = sent.get(call.id) ?? 0;
    sent.set(call.id, again + 1);
    const draw = createDraw(seed, callNumber(call), place, again);
    ledger.calls += 1;
    const waiting = life.child();
    const limitMs = target.timeouts?.firstTokenMs ?? Number.POSITIVE_INFINITY;
    waiting.limit(life.nowMs + limitMs, faults.late);
    const condition = model.conditionAt(life.nowMs);
    await refuse(condition, { draw, rate, life: waiting });
    if (slots.waiting >= maxWaiting) throw await failAfter(errorMs, faults.full, waiting);
    await slots.take(waiting);
    const tokens = outputTokens(draw);
    const bill = new Bill(model, ledger);
    life.atEnd(() => {
      slots.give();
      bill.pay(life.nowMs, tokens);
    });
    await pause(model.firstToken(draw) * condition.slow, waiting);
    waiting.end({ kind: "whole" });
    bill.firstTokenMs = life.nowMs;
    const pieces = await livingPieces(life, {
      pieces: answer(tokens, life),
      usage: () => bill.usage(life.nowMs, tokens),
      stop: () => life.abort(),
    });
    const body = { kind: "stream", pieces } as const;
    return { life, target, dialect: "sim", report: [], headers: {}, body };
  };
  return { handler, ledger };
}

const faults = {
  late: { reason: ErrorReason.UPSTREAM_TIMEOUT, message: "no first token in time" },
  error: { reason: ErrorReason.UPSTREAM_UNAVAILABLE, message: "503", upstreamStatus: 503 },
  full: { reason: ErrorReason.UPSTREAM_OVERLOADED, message: "529", upstreamStatus: 529 },
  limited: {
    reason: ErrorReason.UPSTREAM_RATE_LIMITED,
    message: "429",
    upstreamStatus: 429,
    retryAfterMs,
  },
} satisfies Record<string, Fault>;

/** What decides whether a call is refused. */
interface Refusing {
  readonly draw: Draw;
  readonly rate: CallRate;
  readonly life: Life;
}

/** Rejects where a vendor in this condition refuses a call, or is silent for as long as it waits. */
async function refuse(
  { silent, errors, callsPerSecond }: Condition,
  { draw, rate, life }: Refusing,
): Promise<void> {
  if (silent) await pause(Number.POSITIVE_INFINITY, life);
  if (!rate.take(life.nowMs, callsPerSecond)) throw await failAfter(errorMs, faults.limited, life);
  if (draw() < errors) throw await failAfter(errorMs, faults.error, life);
}

async function failAfter(ms: number, fault: Fault, life: Life): Promise<GatewayError> {
  await pause(ms, life);
  return new GatewayError(fault);
}

/** A bucket of a second's calls, which fills all the time. */
class CallRate {
  #left = Number.POSITIVE_INFINITY;
  #atMs = 0;

  take(nowMs: number, perSecond: number): boolean {
    if (perSecond === Number.POSITIVE_INFINITY) return true;
    this.#left = Math.min(perSecond, this.#left + ((nowMs - this.#atMs) / 1000) * perSecond);
    this.#atMs = nowMs;
    if (this.#left < 1) return false;
    this.#left -= 1;
    return true;
  }
}

/** The bill for one call: its prompt, and the tokens that were made until it ended. */
class Bill {
  readonly #model: VendorModel;
  readonly #ledger: Ledger;
  firstTokenMs = Number.POSITIVE_INFINITY;

  constructor(model: VendorModel, ledger: Ledger) {
    this.#model = model;
    this.#ledger = ledger;
  }

  /** What it tells of it. */
  usage(nowMs: number, tokens: number): Usage {
    const made = BigInt(this.#made(nowMs, tokens));
    return create(UsageSchema, { inputTokens: BigInt(inputTokens), outputTokens: made });
  }

  #made(nowMs: number, tokens: number): number {
    return Math.min(tokens, Math.max(0, Math.ceil((nowMs - this.firstTokenMs) / tokenMs)));
  }

  pay(nowMs: number, tokens: number): void {
    const made = this.#made(nowMs, tokens);
    const { input, output } = this.#model.price;
    this.#ledger.costUsd += (inputTokens * input + made * output) / 1_000_000;
  }
}

/** The first token, and all others when the last of them is there. */
async function* answer(tokens: number, life: Life): AsyncGenerator<Piece> {
  yield words;
  await pause(tokens * tokenMs, life);
  yield words;
}

const words: Piece = {
  events: [create(EventSchema, { event: { case: "textDelta", value: { text: "well " } } })],
};
