import { isMessage } from "@bufbuild/protobuf";
import { ChatSchema } from "../../../gen/parlance/chat/v1/chat_pb.js";
import type { Tool } from "../../../gen/parlance/chat/v1/tool_pb.js";
import type { ConfiguredModel } from "../../config/settings.ts";
import { handleCall } from "../../core/attempt.ts";
import type { Call, Handler, Reply } from "../../core/call.ts";
import { durationMs } from "../../core/duration-ms.ts";
import type { Life } from "../../core/life.ts";
import type { Target } from "../../core/target/target.ts";
import type { RaceEntry } from "../../core/trace.ts";

/** What hedging knows of targets. */
export interface HedgeView {
  /** See Latency.p95Ms. */
  readonly p95Ms: (target: Target, stream: boolean) => number | undefined;
}

/** How long a target may take before a second is called, in milliseconds; undefined: for ever. */
export function hedgeDelayMs(
  { settings: { hedge } }: ConfiguredModel,
  target: Target,
  stream: boolean,
  { p95Ms }: HedgeView,
): number | undefined {
  if (hedge === undefined) return undefined;
  return hedge.after === undefined ? p95Ms(target, stream) : durationMs(hedge.after);
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
export function startRunner(call: Call, handler: Handler, race: RaceEntry): Runner {
  const life: Life = call.life.child();
  const outcome = handleCall({ ...call, life }, handler).then(
    (reply) => ({ reply }),
    (error: unknown) => ({ error }),
  );
  const lose = (): void => {
    race.lost = true;
    life.abort();
  };
  return { outcome, lose };
}

/** The outcome of a try; undefined where it takes longer than `delayMs`. */
export async function outcomeWithin(
  { outcome }: Runner,
  delayMs: number,
  { clock }: Life,
): Promise<Outcome | undefined> {
  let callOff: (() => void) | undefined;
  const slow = new Promise<undefined>((resolve) => {
    callOff = clock.schedule(() => resolve(undefined), delayMs);
  });
  const first = await Promise.race([outcome, slow]);
  callOff?.();
  return first;
}
