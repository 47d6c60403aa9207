import type { Usage } from "../../../gen/parlance/chat/v1/usage_pb.js";
import { ErrorReason } from "../../../gen/parlance/error/v1/error_reason_pb.js";
import { appendAll } from "../../core/append-all.ts";
import type { Call, CallRequest, Handler, Outcome, Reply } from "../../core/call.ts";
import type { AttemptRecord } from "../../core/trace.ts";
import { sumUsage } from "../../events/merge-usage.ts";
import { createPartTrace } from "./part-trace.ts";

/** Several requests to one target that together are one try of a call. */
export interface PartCalls {
  /**
   * Replies to all, in their order. Where one fails, the others are cancelled at once and its
   * failure is thrown.
   */
  run(requests: readonly CallRequest[], atOnce: number): Promise<readonly Reply[]>;
  /** Cancels what still runs. Harmless at any time. */
  cancel(): void;
  /** What the requests took that have ended so far. */
  usage(): Usage | undefined;
  /** Settles the whole call, once, with what all parts took. */
  settle(outcome: Omit<Outcome, "usage">): void;
}

/** Makes the parts of a call. They end with it: its signal is theirs. */
export function createPartCalls(whole: Call, next: Handler): PartCalls {
  const controller = new AbortController();
  const attempts: AttemptRecord[] = [];
  const usages: (Usage | undefined)[] = [];
  const onGone = (): void => controller.abort(whole.signal?.reason);
  if (whole.signal?.aborted === true) onGone();
  else whole.signal?.addEventListener("abort", onGone, { once: true });
  const release = (): void => whole.signal?.removeEventListener("abort", onGone);
  let settled = false;

  const runOne = async (request: CallRequest, index: number): Promise<Reply> => {
    const trace = createPartTrace(whole.trace);
    const settle = (outcome: Outcome): void => {
      usages[index] = outcome.usage;
    };
    const id = index === 0 ? whole.id : `${whole.id}_${index}`;
    try {
      return await next({
        ...translatedOnly(whole),
        id,
        request,
        trace,
        settle,
        signal: controller.signal,
      });
    } catch (error) {
      controller.abort(error);
      throw error;
    } finally {
      appendAll(attempts, trace.attempts);
    }
  };
  return {
    async run(requests, atOnce) {
      try {
        const replies = await runAll(requests, atOnce, runOne);
        const slowest = attempts.toSorted((one, other) => other.durationUs - one.durationUs)[0];
        if (slowest !== undefined) whole.trace.attempt(slowest);
        return replies;
      } catch (error) {
        const failed = attempts.find(
          ({ fault }) => fault !== undefined && fault.reason !== ErrorReason.CANCELLED,
        );
        const told = failed ?? attempts.find(({ fault }) => fault !== undefined);
        if (told !== undefined) whole.trace.attempt(told);
        release();
        throw error;
      }
    },
    cancel: () => controller.abort(),
    usage: () => sumUsage(usages),
    settle(outcome) {
      if (settled) return;
      settled = true;
      release();
      const usage = sumUsage(usages);
      whole.settle(usage === undefined ? outcome : { ...outcome, usage });
    },
  };
}

/** A part is no longer what the caller's bytes say. */
function translatedOnly(whole: Call): Call {
  const { origin: _, ...call } = whole;
  return call;
}

/**
 * Runs all, some at a time. After a failure none is begun, and those that answered are closed.
 * Throws the first failure.
 */
async function runAll(
  requests: readonly CallRequest[],
  atOnce: number,
  runOne: (request: CallRequest, index: number) => Promise<Reply>,
): Promise<readonly Reply[]> {
  const replies: Reply[] = [];
  let begun = 0;
  let failure: { readonly error: unknown } | undefined;
  const work = async (): Promise<void> => {
    while (failure === undefined && begun < requests.length) {
      const index = begun;
      begun += 1;
      const request = requests[index];
      if (request === undefined) return;
      try {
        replies[index] = await runOne(request, index);
      } catch (error) {
        failure ??= { error };
      }
    }
  };
  await Promise.all(Array.from({ length: Math.min(atOnce, requests.length) }, work));
  if (failure === undefined) return replies;
  await Promise.allSettled(Object.values(replies).map(closeReply));
  throw failure.error;
}

async function closeReply({ output }: Reply): Promise<void> {
  if (output.kind === "events") await output.batches[Symbol.asyncIterator]().return?.();
}
