import { ErrorReason } from "../../../gen/parlance/error/v1/error_reason_pb.js";

/**
 * What an error status of a vendor means where its words say no more: RFC 9110, 15.5 and 15.6, the
 * registry of IANA, and Cloudflare's 520 to 530
 * (https://developers.cloudflare.com/support/troubleshooting/http-status-codes). Any other 4xx is
 * about the request, any other 5xx the vendor's own failure.
 */
export function statusReason(status: number): ErrorReason {
  const reason = reasons.get(status);
  if (reason !== undefined) return reason;
  return status >= 400 && status < 500
    ? ErrorReason.UPSTREAM_INVALID_REQUEST
    : ErrorReason.UPSTREAM_INTERNAL;
}

const reasons: ReadonlyMap<number, ErrorReason> = new Map([
  [401, ErrorReason.UPSTREAM_UNAUTHENTICATED],
  [402, ErrorReason.UPSTREAM_BILLING],
  [403, ErrorReason.UPSTREAM_PERMISSION_DENIED],
  [404, ErrorReason.UPSTREAM_NOT_FOUND],
  [405, ErrorReason.UPSTREAM_NOT_FOUND],
  // What this vendor does not speak or take another may.
  [406, ErrorReason.UNSUPPORTED],
  // A proxy or a portal in the network of the gateway, before any vendor.
  [407, ErrorReason.UPSTREAM_UNREACHABLE],
  [408, ErrorReason.UPSTREAM_TIMEOUT],
  // Not now: another call holds what this one needs.
  [409, ErrorReason.UPSTREAM_BUSY],
  [410, ErrorReason.UPSTREAM_NOT_FOUND],
  [413, ErrorReason.UPSTREAM_TOO_LARGE],
  [414, ErrorReason.UPSTREAM_TOO_LARGE],
  [415, ErrorReason.UNSUPPORTED],
  // The connection leads to a server that is not the vendor's.
  [421, ErrorReason.UPSTREAM_UNREACHABLE],
  [423, ErrorReason.UPSTREAM_BUSY],
  // The model failed, as TGI, TEI and Bedrock say it.
  [424, ErrorReason.UPSTREAM_INTERNAL],
  [425, ErrorReason.UPSTREAM_BUSY],
  [426, ErrorReason.UNSUPPORTED],
  [429, ErrorReason.UPSTREAM_RATE_LIMITED],
  [431, ErrorReason.UPSTREAM_TOO_LARGE],
  [451, ErrorReason.UPSTREAM_CONTENT_POLICY],
  // Groq: no capacity for this tier (https://console.groq.com/docs/errors, 2026-11).
  [498, ErrorReason.UPSTREAM_OVERLOADED],
  // A proxy before the vendor saw its own client, the gateway, leave.
  [499, ErrorReason.UPSTREAM_TIMEOUT],
  [501, ErrorReason.UNSUPPORTED],
  [502, ErrorReason.UPSTREAM_UNAVAILABLE],
  [503, ErrorReason.UPSTREAM_UNAVAILABLE],
  [504, ErrorReason.UPSTREAM_TIMEOUT],
  [505, ErrorReason.UNSUPPORTED],
  [507, ErrorReason.UPSTREAM_UNAVAILABLE],
  [511, ErrorReason.UPSTREAM_UNREACHABLE],
  [520, ErrorReason.UPSTREAM_UNAVAILABLE],
  [521, ErrorReason.UPSTREAM_UNAVAILABLE],
  [522, ErrorReason.UPSTREAM_UNAVAILABLE],
  [523, ErrorReason.UPSTREAM_UNAVAILABLE],
  [524, ErrorReason.UPSTREAM_TIMEOUT],
  [525, ErrorReason.UPSTREAM_UNAVAILABLE],
  [526, ErrorReason.UPSTREAM_UNAVAILABLE],
  [527, ErrorReason.UPSTREAM_UNAVAILABLE],
  [529, ErrorReason.UPSTREAM_OVERLOADED],
  [530, ErrorReason.UPSTREAM_UNAVAILABLE],
]);
