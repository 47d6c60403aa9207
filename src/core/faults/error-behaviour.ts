import { ErrorReason } from "../../../gen/parlance/error/v1/error_reason_pb.js";

/** An RPC status code by its number, the same in gRPC and Connect. */
export type RpcCode = 1 | 2 | 3 | 4 | 5 | 6 | 7 | 8 | 9 | 10 | 11 | 12 | 13 | 14 | 15 | 16;

/**
 * What a reason brings with it. `retryable` and `cools` are independent: a 401 is not retryable and
 * yet cools its key.
 */
export interface ErrorBehaviour {
  /** HTTP status where the vendor gave none. */
  readonly http: number;
  readonly rpc: RpcCode;
  /** Whether the same target may do better on another try. */
  readonly retryable: boolean;
  /** Whether another target may be tried. */
  readonly fallsBack: boolean;
  /** Whether the target is left alone for a while. */
  readonly cools: boolean;
}

const CANCELED = 1;
const INVALID_ARGUMENT = 3;
const DEADLINE_EXCEEDED = 4;
const NOT_FOUND = 5;
const ALREADY_EXISTS = 6;
const PERMISSION_DENIED = 7;
const RESOURCE_EXHAUSTED = 8;
const FAILED_PRECONDITION = 9;
const ABORTED = 10;
const UNIMPLEMENTED = 12;
const INTERNAL = 13;
const UNAVAILABLE = 14;
const UNAUTHENTICATED = 16;

/** The caller's or the gateway's own: nothing is gained by trying elsewhere. */
function final(http: number, rpc: RpcCode): ErrorBehaviour {
  return { http, rpc, retryable: false, fallsBack: false, cools: false };
}

/** The gateway's own, and over in a moment. */
function busy(http: number, rpc: RpcCode): ErrorBehaviour {
  return { http, rpc, retryable: true, fallsBack: false, cools: false };
}

/** Another target may take what this one does not; the target itself is well. */
function elsewhere(http: number, rpc: RpcCode): ErrorBehaviour {
  return { http, rpc, retryable: false, fallsBack: true, cools: false };
}

/** The target will refuse the next call too: try elsewhere and leave it alone. */
function broken(http: number, rpc: RpcCode): ErrorBehaviour {
  return { http, rpc, retryable: false, fallsBack: true, cools: true };
}

/** Another try may do better; the target itself is well. */
function crowded(http: number, rpc: RpcCode): ErrorBehaviour {
  return { http, rpc, retryable: true, fallsBack: true, cools: false };
}

/** The target may recover in a moment. */
function transient(http: number, rpc: RpcCode): ErrorBehaviour {
  return { http, rpc, retryable: true, fallsBack: true, cools: true };
}

const table: Readonly<Record<ErrorReason, ErrorBehaviour>> = {
  [ErrorReason.UNSPECIFIED]: final(500, INTERNAL),
  [ErrorReason.INVALID_REQUEST]: final(400, INVALID_ARGUMENT),
  [ErrorReason.INVALID_JSON]: final(400, INVALID_ARGUMENT),
  [ErrorReason.UNSUPPORTED_MEDIA_TYPE]: final(415, INVALID_ARGUMENT),
  [ErrorReason.UNKNOWN_PATH]: final(404, UNIMPLEMENTED),
  [ErrorReason.METHOD_NOT_ALLOWED]: final(405, UNIMPLEMENTED),
  [ErrorReason.REQUEST_TOO_LARGE]: final(413, RESOURCE_EXHAUSTED),
  [ErrorReason.UNAUTHENTICATED]: final(401, UNAUTHENTICATED),
  [ErrorReason.PERMISSION_DENIED]: final(403, PERMISSION_DENIED),
  [ErrorReason.UNKNOWN_MODEL]: final(404, NOT_FOUND),
  [ErrorReason.NOT_FOUND]: final(404, NOT_FOUND),
  [ErrorReason.UNSUPPORTED]: elsewhere(400, UNIMPLEMENTED),
  [ErrorReason.DEADLINE_EXCEEDED]: final(504, DEADLINE_EXCEEDED),
  [ErrorReason.CANCELLED]: final(499, CANCELED),
  [ErrorReason.DRAINING]: final(503, UNAVAILABLE),
  [ErrorReason.PROCESS_ENDED]: final(503, UNAVAILABLE),
  [ErrorReason.INTERNAL]: final(500, INTERNAL),
  [ErrorReason.CREDENTIAL_MISSING]: broken(500, FAILED_PRECONDITION),
  [ErrorReason.INVALID_CONFIG]: final(400, INVALID_ARGUMENT),
  [ErrorReason.FIDELITY_LOSS]: elsewhere(400, FAILED_PRECONDITION),
  [ErrorReason.OVERLOADED]: busy(503, UNAVAILABLE),
  [ErrorReason.STORE_UNAVAILABLE]: busy(503, UNAVAILABLE),
  [ErrorReason.BUDGET_EXCEEDED]: final(402, RESOURCE_EXHAUSTED),
  [ErrorReason.UNPRICED]: final(402, FAILED_PRECONDITION),
  [ErrorReason.RATE_LIMITED]: elsewhere(429, RESOURCE_EXHAUSTED),
  [ErrorReason.IDENTITY_PROVIDER_UNAVAILABLE]: busy(503, UNAVAILABLE),
  [ErrorReason.OWNED_BY_FILE]: final(409, FAILED_PRECONDITION),
  [ErrorReason.ALREADY_EXISTS]: final(409, ALREADY_EXISTS),
  [ErrorReason.ABORTED]: final(409, ABORTED),
  [ErrorReason.IN_USE]: final(409, FAILED_PRECONDITION),
  [ErrorReason.REFUSED_BY_RULE]: final(403, PERMISSION_DENIED),
  [ErrorReason.GUARD_BLOCKED]: final(400, FAILED_PRECONDITION),
  [ErrorReason.GUARD_UNAVAILABLE]: busy(503, UNAVAILABLE),
  [ErrorReason.UPSTREAM_INVALID_REQUEST]: final(400, INVALID_ARGUMENT),
  [ErrorReason.UPSTREAM_CONTEXT_LENGTH]: elsewhere(400, INVALID_ARGUMENT),
  [ErrorReason.UPSTREAM_CONTENT_POLICY]: elsewhere(400, INVALID_ARGUMENT),
  [ErrorReason.UPSTREAM_UNAUTHENTICATED]: broken(502, FAILED_PRECONDITION),
  [ErrorReason.UPSTREAM_BILLING]: broken(402, RESOURCE_EXHAUSTED),
  [ErrorReason.UPSTREAM_PERMISSION_DENIED]: broken(502, FAILED_PRECONDITION),
  [ErrorReason.UPSTREAM_NOT_FOUND]: broken(404, NOT_FOUND),
  [ErrorReason.UPSTREAM_TOO_LARGE]: elsewhere(413, RESOURCE_EXHAUSTED),
  [ErrorReason.UPSTREAM_RATE_LIMITED]: transient(429, RESOURCE_EXHAUSTED),
  [ErrorReason.UPSTREAM_OVERLOADED]: transient(503, UNAVAILABLE),
  [ErrorReason.UPSTREAM_INTERNAL]: transient(502, INTERNAL),
  [ErrorReason.UPSTREAM_UNAVAILABLE]: transient(503, UNAVAILABLE),
  [ErrorReason.UPSTREAM_TIMEOUT]: transient(504, DEADLINE_EXCEEDED),
  [ErrorReason.UPSTREAM_UNREACHABLE]: transient(502, UNAVAILABLE),
  [ErrorReason.UPSTREAM_MALFORMED]: transient(502, INTERNAL),
  [ErrorReason.UPSTREAM_CUT]: transient(502, UNAVAILABLE),
  [ErrorReason.UPSTREAM_BUSY]: crowded(503, UNAVAILABLE),
  [ErrorReason.UPSTREAM_WRONG_FORM]: crowded(502, INTERNAL),
};

/** Whether a vendor refused the gateway's credential, in which its callers have no part. */
export function refusesCredential(reason: ErrorReason): boolean {
  return (
    reason === ErrorReason.UPSTREAM_UNAUTHENTICATED ||
    reason === ErrorReason.UPSTREAM_PERMISSION_DENIED
  );
}

/**
 * Whether a status is no word of the vendor's about the request but one about the way to it: a
 * proxy wants a credential, the connection is to somebody else, a network wants a login (RFC 9110,
 * 15.5.8 and 15.5.20; RFC 6585, 6). To a caller it would speak of the caller's own: those that get
 * a 421 send again (https://fetch.spec.whatwg.org/#http-network-or-cache-fetch).
 */
export function saysNetwork(status: number | undefined): boolean {
  return status === 407 || status === 421 || status === 511;
}

/**
 * Whether a failure is about the credential: with the same one the next call fails too, and with
 * another it may not.
 */
export function concernsCredential(reason: ErrorReason): boolean {
  return credentialFailures.has(reason);
}

const credentialFailures: ReadonlySet<ErrorReason> = new Set([
  ErrorReason.CREDENTIAL_MISSING,
  ErrorReason.UPSTREAM_UNAUTHENTICATED,
  ErrorReason.UPSTREAM_PERMISSION_DENIED,
  ErrorReason.UPSTREAM_BILLING,
  ErrorReason.UPSTREAM_RATE_LIMITED,
]);

/** The one table of error behaviour; the comments of `error_reason.proto` describe it. */
export function errorBehaviour(reason: ErrorReason): ErrorBehaviour {
  return table[reason];
}
