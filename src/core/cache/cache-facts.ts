import type { CacheState } from "../../../gen/parlance/call/v1/cache_pb.js";
import type { Usage } from "../../../gen/parlance/chat/v1/usage_pb.js";

/** What the response cache did for a call. */
export interface CacheFacts {
  readonly state: CacheState;
  /** What the answer is stored under; "" where the call has no key. */
  readonly key: string;
  /** How old the stored answer was, in milliseconds. Absent: there was none. */
  readonly ageMs?: number;
  /** What the vendor was spared, as far as it is known. */
  readonly saved?: Usage | undefined;
  /** The target that made the stored answer, or whose answer is shared. Absent: there was none. */
  readonly madeBy?: { readonly provider: string; readonly model: string };
  /** The answer is past its time and is being renewed. */
  readonly stale?: boolean;
  /** The answer is that to an equal call which was under way. */
  readonly shared?: boolean;
  /** How near the question of the stored answer is, from 0 to 1. Absent: it is the same. */
  readonly similarity?: number;
  /** Inputs of a batch whose vectors were stored. Absent: none, or it is no batch. */
  readonly inputsHit?: number;
}
