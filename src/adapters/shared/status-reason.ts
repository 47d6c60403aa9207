import { ErrorReason } from "../../../gen/parlance/error/v1/error_reason_pb.js";

/** What an error status of a vendor means where its body says no more (RFC 9110, 15.5 and 15.6). */
export function statusReason(status: number): ErrorReason {
  switch (status) {
    case 401:
      return ErrorReason.UPSTREAM_UNAUTHENTICATED;
    case 402:
      return ErrorReason.UPSTREAM_BILLING;
    case 403:
      return ErrorReason.UPSTREAM_PERMISSION_DENIED;
    case 404:
    case 405:
      return ErrorReason.UPSTREAM_NOT_FOUND;
    case 408:
    case 504:
      return ErrorReason.UPSTREAM_TIMEOUT;
    case 413:
      return ErrorReason.UPSTREAM_TOO_LARGE;
    case 424:
      return ErrorReason.UPSTREAM_INTERNAL;
    case 429:
      return ErrorReason.UPSTREAM_RATE_LIMITED;
    case 502:
    case 503:
      return ErrorReason.UPSTREAM_UNAVAILABLE;
    default:
      return status >= 400 && status < 500
        ? ErrorReason.UPSTREAM_INVALID_REQUEST
        : ErrorReason.UPSTREAM_INTERNAL;
  }
}
