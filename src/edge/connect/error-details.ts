import type { DescMessage, MessageInitShape } from "@bufbuild/protobuf";
import {
  BadRequestSchema,
  ErrorInfoSchema,
  RetryInfoSchema,
} from "../../../gen/google/rpc/error_details_pb.js";
import { ErrorReason } from "../../../gen/parlance/error/v1/error_reason_pb.js";
import type { Fault } from "../../core/faults/fault.ts";

/** A detail of an RPC status. */
export interface ErrorDetail<Desc extends DescMessage = DescMessage> {
  readonly desc: Desc;
  readonly value: MessageInitShape<Desc>;
}

/**
 * Bytes that the texts of a BadRequest may take: the status travels in trailers, of which a client
 * of gRPC for Java takes 8 KiB by default. The Fault beside it has all fields.
 */
const maxViolationBytes = 2_000;

/**
 * The standard details of a fault, for interceptors and proxies that know no message of ours:
 * ErrorInfo always, BadRequest where fields are wrong, RetryInfo where it is known how long to wait
 * (https://google.aip.dev/193).
 */
export function standardDetails(fault: Fault, callId: string): readonly ErrorDetail[] {
  const details: ErrorDetail[] = [{ desc: ErrorInfoSchema, value: infoOf(fault, callId) }];
  if (fault.fields !== undefined && fault.fields.length > 0)
    details.push({ desc: BadRequestSchema, value: badRequestOf(fault.fields) });
  if (fault.retryAfterMs !== undefined)
    details.push({ desc: RetryInfoSchema, value: retryOf(fault.retryAfterMs) });
  return details;
}

function infoOf({ reason, provider, upstreamStatus }: Fault, callId: string) {
  return {
    reason: ErrorReason[reason],
    domain: "parlance",
    metadata: {
      ...(callId === "" ? {} : { call_id: callId }),
      ...(provider === undefined ? {} : { provider }),
      ...(upstreamStatus === undefined ? {} : { upstream_status: String(upstreamStatus) }),
    },
  };
}

function badRequestOf(fields: NonNullable<Fault["fields"]>) {
  let bytes = 0;
  const fieldViolations = fields
    .map(({ field, message, ruleId }) => ({
      field: field.toWellFormed(),
      description: message.toWellFormed(),
      reason: ruleId === undefined ? "" : upperSnake(ruleId),
    }))
    .filter(({ field, description }) => {
      bytes += Buffer.byteLength(field) + Buffer.byteLength(description);
      return bytes <= maxViolationBytes;
    });
  return { fieldViolations };
}

/** `string.min_len` as such constants are written: `STRING_MIN_LEN`. */
function upperSnake(ruleId: string): string {
  return ruleId.toUpperCase().replaceAll(/[^A-Z0-9]+/g, "_");
}

function retryOf(retryAfterMs: number) {
  const seconds = Math.floor(retryAfterMs / 1000);
  const nanos = Math.round((retryAfterMs - seconds * 1000) * 1e6);
  return { retryDelay: { seconds: BigInt(seconds), nanos: Math.min(nanos, 999_999_999) } };
}
