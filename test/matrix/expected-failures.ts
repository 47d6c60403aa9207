import { Code } from "@connectrpc/connect";
import { ErrorReason } from "../../gen/parlance/error/v1/error_reason_pb.js";
import type { FailureKind, Family } from "./client.ts";
import type { UpstreamRow } from "./upstream-row.ts";

/** How an upstream fails: by status, by a broken connection, or by an end that comes too early. */
export type Breakage = "e400" | "e429" | "e500" | "cut" | "short";

/** What a client must be told of a failure, whatever its protocol. */
export interface ExpectedFailure {
  readonly reason: ErrorReason;
  /**
   * HTTP status, the vendor's own where there is one; a failure in the middle of a stream has
   * none.
   */
  readonly http: number;
  readonly rpc: Code;
  readonly kind: FailureKind;
  /** The word for it in each dialect. */
  readonly types: Readonly<Record<Exclude<Family, "aws" | "rpc">, string>>;
  /** The vendor's status; 0 where there was none. */
  readonly upstreamStatus: number;
  readonly retryable: boolean;
  readonly retryAfterS: number | undefined;
}

/**
 * What is to be told of a failure of this vendor. A stream that is short is cut; half of a body is
 * no JSON.
 */
export function expectedFailure(
  { statuses, silentOnRetry }: UpstreamRow,
  breakage: Breakage,
  stream: boolean,
): ExpectedFailure {
  const usual = expectedFailures[stream && breakage === "short" ? "cut" : breakage];
  const upstreamStatus = statuses?.[breakage] ?? usual.upstreamStatus;
  const http = upstreamStatus === 0 ? usual.http : upstreamStatus;
  return {
    ...usual,
    upstreamStatus,
    http,
    retryAfterS: silentOnRetry?.includes(breakage) === true ? undefined : usual.retryAfterS,
  };
}

/**
 * OpenAI says the same in all of its APIs. Clients of Cohere and of Ollama have no word but the
 * status.
 */
function words(openai: string, anthropic: string, gemini: string): ExpectedFailure["types"] {
  return { openai, responses: openai, anthropic, gemini, cohere: "", ollama: "" };
}

const expectedFailures: Readonly<Record<Breakage, ExpectedFailure>> = {
  e400: {
    reason: ErrorReason.UPSTREAM_INVALID_REQUEST,
    http: 400,
    rpc: Code.InvalidArgument,
    kind: "invalid_request",
    types: words("invalid_request_error", "invalid_request_error", "INVALID_ARGUMENT"),
    upstreamStatus: 400,
    retryable: false,
    retryAfterS: undefined,
  },
  e429: {
    reason: ErrorReason.UPSTREAM_RATE_LIMITED,
    http: 429,
    rpc: Code.ResourceExhausted,
    kind: "rate_limited",
    types: words("rate_limit_error", "rate_limit_error", "RESOURCE_EXHAUSTED"),
    upstreamStatus: 429,
    retryable: true,
    retryAfterS: 2,
  },
  e500: {
    reason: ErrorReason.UPSTREAM_INTERNAL,
    http: 502,
    rpc: Code.Internal,
    kind: "server",
    types: words("server_error", "api_error", "INTERNAL"),
    upstreamStatus: 500,
    retryable: true,
    retryAfterS: undefined,
  },
  cut: {
    reason: ErrorReason.UPSTREAM_CUT,
    http: 502,
    rpc: Code.Unavailable,
    kind: "server",
    types: words("server_error", "api_error", "UNAVAILABLE"),
    upstreamStatus: 0,
    retryable: true,
    retryAfterS: undefined,
  },
  short: {
    reason: ErrorReason.UPSTREAM_MALFORMED,
    http: 502,
    rpc: Code.Internal,
    kind: "server",
    types: words("server_error", "api_error", "INTERNAL"),
    upstreamStatus: 0,
    retryable: true,
    retryAfterS: undefined,
  },
};

/** What a client of this family takes the failure for: of a status, by its class. */
export function expectedKind({ kind, http }: ExpectedFailure, family: Family): FailureKind {
  return family !== "rpc" && kind === "server" && http < 500 ? "other" : kind;
}

/** The word for a failure in each family's dialect. AWS's is that of the status. */
export function expectedType(
  { reason, types, http }: ExpectedFailure,
  family: Family,
  midStream: boolean,
): string {
  if (family === "rpc") return ErrorReason[reason];
  if (family !== "aws") return types[family];
  if (midStream) return "ModelStreamErrorException";
  return awsTypes.get(http) ?? (http < 500 ? "ValidationException" : "InternalServerException");
}

/** https://docs.aws.amazon.com/bedrock/latest/APIReference/API_runtime_Converse.html, Errors. */
const awsTypes: ReadonlyMap<number, string> = new Map([
  [424, "ModelErrorException"],
  [429, "ThrottlingException"],
  [503, "ServiceUnavailableException"],
]);

/**
 * The status a client of this family shows. In the middle of a stream HTTP's is gone already, RPC's
 * is not.
 */
export function expectedStatus(
  expected: ExpectedFailure,
  family: Family,
  midStream: boolean,
): number | undefined {
  if (family === "rpc") return expected.rpc;
  return midStream ? undefined : expected.http;
}
