import { CacheState } from "../../../gen/parlance/call/v1/cache_pb.js";
import { ErrorReason } from "../../../gen/parlance/error/v1/error_reason_pb.js";
import type { Call } from "../../core/call.ts";
import { durationMs } from "../../core/time/duration-ms.ts";
import { createTrace } from "../../core/trace.ts";
import { recordOf } from "../trace.ts";
import type { CachedCall, CacheWorld } from "./cached-call.ts";
import type { Flight } from "./flight.ts";

/** How long a call may take that nobody waits for, where its model has no `timeout`. */
const LONGEST_MS = 600_000;

/**
 * Has the answer to a call brought anew while the caller has the old one. The call that does it has
 * a record of its own, under the caller's key.
 */
export function renew(
  { call, model, key }: CachedCall,
  world: Pick<CacheWorld, "nowMs" | "record">,
  launch: (call: Call) => Flight,
): void {
  const trace = createTrace(world.nowMs);
  if (call.principal !== undefined) trace.identify(call.principal.name);
  trace.cached({ state: CacheState.MISS, key });
  const renewal: Call = { ...call, id: `${call.id}-renewal`, trace };
  const { life } = launch(renewal);
  life.atEnd((end) => world.record(recordOf(renewal, end, { nowMs: world.nowMs() })));
  const limitMs = durationMs(model.settings.timeout) ?? LONGEST_MS;
  const reason = ErrorReason.DEADLINE_EXCEEDED;
  life.limit(life.nowMs + limitMs, { reason, message: "an answer could not be renewed in time" });
}
