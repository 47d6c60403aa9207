import { isMessage } from "@bufbuild/protobuf";
import { ChatSchema } from "../../../gen/parlance/chat/v1/chat_pb.js";
import type { Tool } from "../../../gen/parlance/chat/v1/tool_pb.js";
import type { ConfiguredModel } from "../../config/settings.ts";
import { attemptOf } from "../../core/attempt.ts";
import type { RaceEntry } from "../../core/attempt-record.ts";
import type { Call, Reply } from "../../core/call.ts";
import { endOf, type Life } from "../../core/life.ts";
import type { Target } from "../../core/target/target.ts";
import { durationMs } from "../../core/time/duration-ms.ts";

/** What hedging knows of targets. */
export interface HedgeView {
  /** See Latency.p95Ms. */
  readonly p95Ms: (target: Target, stream: boolean) => number | undefined;
}

/** The targets of a race that may come. */
export interface Racers {
  readonly first: Target;
  /** Chooses the second; undefined: there is none that could be called beside the first. */
  readonly second: () => Target | undefined;
}

/**
 * How long the first target may take before the second is called, in milliseconds; undefined: for
 * ever. Without a fixed time it is when the first is late for itself, or for the second: one that
 * has become slow is not waited for until it is late for a slow one.
 */
export function hedgeDelayMs(
  { settings: { hedge } }: ConfiguredModel,
  { first, second }: Racers,
  stream: boolean,
  { p95Ms }: HedgeView,
): number | undefined {
  if (hedge === undefined) return undefined;
  if (hedge.after !== undefined) return durationMs(hedge.after);
  const sibling = second();
  if (sibling === undefined) return undefined;
  const [own, other] = [p95Ms(first, stream), p95Ms(sibling, stream)];
  return own === undefined || other === undefined ? (own ?? other) : Math.min(own, other);
}

/** Whether the attempt of a call lost a race to one that began later. */
export function isOutpaced(call: Call): boolean {
  const { race } = attemptOf(call).record;
  return race?.lost === true && !race.hedge;
}

/** Whether a vendor may act on the world for a call: twice, where two are called. */
export function mayAct({ request }: Pick<Call, "request">): boolean {
  const message = request.message();
  return isMessage(message, ChatSchema) && message.tools.some(acts);
}

/** Searches only read; everything else that a vendor runs may change something. */
function acts({ tool }: Tool): boolean {
  return tool.case === "builtin" && !/^\{\s*"type"\s*:\s*"[a-z_]*search/.test(tool.value.json);
}

/** One of two tries that race. */
export interface Runner {
  /** Its answer or its failure; never rejects. */
  readonly outcome: Promise<Outcome>;
  /** Cancels it, at once: it lost. Harmless once it has ended. */
  readonly lose: () => void;
}

/** How a try came out. */
export type Outcome = { readonly reply: Reply } | { readonly error: unknown };

/** Starts a try in a life of its own, so that it can be cancelled without the call. */
export function startRunner(
  call: Call,
  race: RaceEntry,
  start: (life: Life) => Promise<Reply>,
): Runner {
  const life = call.life.child();
  return {
    outcome: outcomeOf(start, life),
    lose: () => {
      race.lost = true;
      life.abort();
    },
  };
}

async function outcomeOf(start: (life: Life) => Promise<Reply>, life: Life): Promise<Outcome> {
  try {
    return { reply: await start(life) };
  } catch (error) {
    // A try that could not begin has ended nothing.
    life.end(endOf(error, life));
    return { error };
  }
}

/** The outcome of a try; undefined where it takes longer than `delayMs`. */
export function outcomeWithin(
  { outcome }: Runner,
  delayMs: number,
  { clock }: Life,
): Promise<Outcome | undefined> {
  return new Promise((resolve) => {
    const callOff = clock.schedule(() => resolve(undefined), delayMs);
    void outcome.then((one) => {
      callOff();
      resolve(one);
    });
  });
}
