import type { Usage } from "../../../gen/parlance/chat/v1/usage_pb.js";
import { attemptOf, withRequest } from "../../core/attempt.ts";
import type { Call, CallRequest, Handler, Reply } from "../../core/call.ts";
import { endOf, type Life, leftEnd, wholeEnd } from "../../core/life.ts";
import { wasCutOff } from "../../core/money/billing.ts";
import { sumUsage } from "../../events/merge-usage.ts";

/** How parts ended together: as a whole, left, or with what one of them threw. */
export type PartsEnd = "whole" | "left" | { readonly error: unknown };

/** Several requests to one target that together are one attempt. */
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
  /** Ends the whole attempt, with what all parts took. */
  end(how: PartsEnd): void;
}

/**
 * Makes the parts of a call, each with a share of its prompt. Their lives are children of its own.
 */
export function createPartCalls(whole: Call, next: Handler, share: number): PartCalls {
  const lives: Life[] = [];
  const usages: (Usage | undefined)[] = [];
  const cancel = (): void => {
    for (const life of lives) life.abort();
  };
  const usage = (): Usage | undefined => sumUsage(usages);

  const runOne = async (request: CallRequest, index: number): Promise<Reply> => {
    const life = whole.life.child();
    lives.push(life);
    life.endWhenLeft();
    life.atEnd((end) => {
      usages[index] = end.usage;
      if (end.usage === undefined && wasCutOff(end)) attemptOf(whole).record.partCut(share);
    });
    const id = index === 0 ? whole.id : `${whole.id}_${index}`;
    try {
      return await next({ ...withRequest(whole, request), id, life });
    } catch (error) {
      life.end(endOf(error, life));
      cancel();
      throw error;
    }
  };
  const end: PartCalls["end"] = (how) => {
    if (how === "whole") whole.life.end(wholeEnd(usage()));
    else if (how === "left") whole.life.end(leftEnd(usage()));
    else whole.life.end(endOf(how.error, whole.life, usage()));
  };
  return {
    async run(requests, atOnce) {
      try {
        return await runAll(requests, atOnce, runOne);
      } catch (error) {
        end({ error });
        throw error;
      }
    },
    cancel,
    usage,
    end,
  };
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

async function closeReply({ body }: Reply): Promise<void> {
  if (body.kind === "stream") await body.pieces[Symbol.asyncIterator]().return?.();
}
