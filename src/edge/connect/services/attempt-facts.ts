import { AttemptEnd } from "../../../../gen/parlance/error/v1/attempt_end_pb.js";
import { ErrorReason } from "../../../../gen/parlance/error/v1/error_reason_pb.js";
import type { AttemptRecord } from "../../../core/attempt-record.ts";
import type { End } from "../../../core/life.ts";

/** What the report of an answer and the detail of an error say of an attempt alike. */
export interface AttemptFacts {
  readonly durationUs: bigint;
  readonly upstreamStatus: number;
  readonly message: string;
  readonly end: AttemptEnd;
  firstTokenUs?: bigint;
  inputTokens?: bigint;
  outputTokens?: bigint;
}

/** Reads them from the record of an attempt. */
export function attemptFacts(record: AttemptRecord): AttemptFacts {
  const { durationUs, status, fault, end, firstTokenUs, usage } = record;
  const facts: AttemptFacts = {
    durationUs: BigInt(durationUs),
    upstreamStatus: status,
    message: fault?.message ?? "",
    end: end === undefined ? AttemptEnd.UNSPECIFIED : ends[end.kind],
  };
  if (firstTokenUs !== undefined) facts.firstTokenUs = BigInt(firstTokenUs);
  if (usage?.inputTokens !== undefined) facts.inputTokens = usage.inputTokens;
  if (usage?.outputTokens !== undefined) facts.outputTokens = usage.outputTokens;
  return facts;
}

/** Why an attempt failed; unspecified where it did not. */
export function failureOf({ fault }: AttemptRecord): ErrorReason {
  return fault?.reason ?? ErrorReason.UNSPECIFIED;
}

const ends: Readonly<Record<End["kind"], AttemptEnd>> = {
  whole: AttemptEnd.WHOLE,
  broken: AttemptEnd.BROKEN,
  left: AttemptEnd.LEFT,
};
