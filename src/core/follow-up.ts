import type { Json } from "../json/json.ts";
import type { WireRequest } from "./wire-request.ts";

/** The next request to a vendor whose answer is still being made. */
export interface FollowUp {
  readonly request: WireRequest;
  /** How long to wait before, in milliseconds. */
  readonly delayMs: number;
  /** Cancels the answer at the vendor. Absent: the vendor cannot cancel. */
  readonly abandon?: WireRequest;
}

/**
 * The next request after a whole reply with a good status; undefined where the reply is the answer.
 */
export type FollowUpRule = (json: Json) => FollowUp | undefined;
