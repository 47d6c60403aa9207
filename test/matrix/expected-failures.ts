import { Code } from "@connectrpc/connect";
import { ErrorReason } from "../../gen/parlance/error/v1/error_reason_pb.js";
import type { Client, FailureKind } from "./client.ts";
import type { UpstreamRow } from "./upstream-row.ts";

/** How an upstream fails: by status, by a broken connection, or by an end that comes too early. */
export type Breakage = "e400" | "e429" | "e500" | "cut" | "short";

/** What a client must be told of a failure, whatever its protocol. */
export interface ExpectedFailure {
  readonly reason: ErrorReason;
  /** HTTP status, the vendor's own where it blames the same side; a failure in the middle of a stream has none. */
  readonly http: number;
  readonly rpc: Code;
  readonly kind: FailureKind;
  /** The word for it in each dialect. */
  readonly types: { readonly openai: string; readonly anthropic: string };
  /** The vendor's status; 0 where there was none. */
  readonly upstreamStatus: number;
  readonly retryable: boolean;
  readonly retryAfterS: number | undefined;
}

/** What is to be told of a failure of this vendor. A stream that is short is cut; half of a body is no JSON. */
export function expectedFailure(
  { statuses, silentOnRetry }: UpstreamRow,
  breakage: Breakage,
  stream: boolean,
): ExpectedFailure {
  const usual = expectedFailures[stream && breakage === "short" ? "cut" : breakage];
  const upstreamStatus = statuses?.[breakage] ?? usual.upstreamStatus;
  const shared = Math.floor(upstreamStatus / 100) === Math.floor(usual.http / 100);
  return {
    ...usual,
    upstreamStatus,
    http: shared ? upstreamStatus : usual.http,
    retryAfterS: silentOnRetry?.includes(breakage) === true ? undefined : usual.retryAfterS,
  };
}

const expectedFailures: Readonly<Record<Breakage, ExpectedFailure>> = {
  e400: {
    reason: ErrorReason.UPSTREAM_INVALID_REQUEST,
    http: 400,
    rpc: Code.InvalidArgument,
    kind: "invalid_request",
    types: { openai: "invalid_request_error", anthropic: "invalid_request_error" },
    upstreamStatus: 400,
    retryable: false,
    retryAfterS: undefined,
  },
  e429: {
    reason: ErrorReason.UPSTREAM_RATE_LIMITED,
    http: 429,
    rpc: Code.ResourceExhausted,
    kind: "rate_limited",
    types: { openai: "rate_limit_error", anthropic: "rate_limit_error" },
    upstreamStatus: 429,
    retryable: true,
    retryAfterS: 2,
  },
  e500: {
    reason: ErrorReason.UPSTREAM_INTERNAL,
    http: 500,
    rpc: Code.Internal,
    kind: "server",
    types: { openai: "server_error", anthropic: "api_error" },
    upstreamStatus: 500,
    retryable: true,
    retryAfterS: undefined,
  },
  cut: {
    reason: ErrorReason.UPSTREAM_CUT,
    http: 502,
    rpc: Code.Unavailable,
    kind: "server",
    types: { openai: "server_error", anthropic: "api_error" },
    upstreamStatus: 0,
    retryable: true,
    retryAfterS: undefined,
  },
  short: {
    reason: ErrorReason.UPSTREAM_MALFORMED,
    http: 502,
    rpc: Code.Internal,
    kind: "server",
    types: { openai: "server_error", anthropic: "api_error" },
    upstreamStatus: 0,
    retryable: true,
    retryAfterS: undefined,
  },
};

/** The status a client of this family shows. In the middle of a stream HTTP's is gone already, RPC's is not. */
export function expectedStatus(
  expected: ExpectedFailure,
  family: Client["family"],
  midStream: boolean,
): number | undefined {
  if (family === "rpc") return expected.rpc;
  return midStream ? undefined : expected.http;
}
