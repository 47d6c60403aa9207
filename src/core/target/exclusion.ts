import type { ErrorReason } from "../../../gen/parlance/error/v1/error_reason_pb.js";
import type { Target } from "./target.ts";

/** Why a target is not tried for a call. */
export interface Exclusion {
  /** The reason, in words. */
  readonly why: string;
  /** When it may be tried, in milliseconds since 1970. Absent: not for this call. */
  readonly untilMs?: number;
  /** It may be tried as soon as another call there is over. */
  readonly busy?: true;
  /** What a call fails with that no target may take. Absent: UNSUPPORTED. */
  readonly reason?: ErrorReason;
  /** The field of the request that keeps the call from it. Absent: none does by itself. */
  readonly field?: string;
}

/** Says why a target is not tried for a call; undefined where it may be. */
export type TargetFilter = (target: Target) => Exclusion | undefined;
