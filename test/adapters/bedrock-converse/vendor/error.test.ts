import { describe, expect, it } from "vitest";
import { ErrorReason } from "../../../../gen/parlance/error/v1/error_reason_pb.js";
import { decodeError } from "../../../../src/adapters/bedrock-converse/vendor/error.ts";

const NAMESPACE = "http://internal.amazon.com/coral/com.amazon.bedrock/";

describe("an error reply", () => {
  const cases: readonly (readonly [
    status: number,
    type: string,
    message: string,
    reason: ErrorReason,
  ])[] = [
    [
      400,
      "ValidationException",
      "The provided model identifier is invalid.",
      ErrorReason.UPSTREAM_INVALID_REQUEST,
    ],
    [
      400,
      "ValidationException",
      "Input is too long for requested model.",
      ErrorReason.UPSTREAM_CONTEXT_LENGTH,
    ],
    [
      400,
      "ValidationException",
      "prompt is too long: 250000 tokens > 200000 maximum",
      ErrorReason.UPSTREAM_CONTEXT_LENGTH,
    ],
    [400, "ServiceQuotaExceededException", "quota", ErrorReason.UPSTREAM_RATE_LIMITED],
    [
      403,
      "AccessDeniedException",
      "You don't have access to the model.",
      ErrorReason.UPSTREAM_PERMISSION_DENIED,
    ],
    [
      403,
      "UnrecognizedClientException",
      "The security token is invalid.",
      ErrorReason.UPSTREAM_UNAUTHENTICATED,
    ],
    [
      403,
      "InvalidSignatureException",
      "The signature does not match.",
      ErrorReason.UPSTREAM_UNAUTHENTICATED,
    ],
    [
      403,
      "ExpiredTokenException",
      "The security token has expired",
      ErrorReason.UPSTREAM_UNAUTHENTICATED,
    ],
    [404, "ResourceNotFoundException", "no such model", ErrorReason.UPSTREAM_NOT_FOUND],
    [408, "ModelTimeoutException", "timeout", ErrorReason.UPSTREAM_TIMEOUT],
    [424, "ModelErrorException", "failed", ErrorReason.UPSTREAM_INTERNAL],
    [429, "ThrottlingException", "Too many requests", ErrorReason.UPSTREAM_RATE_LIMITED],
    [429, "ModelNotReadyException", "not ready", ErrorReason.UPSTREAM_OVERLOADED],
    [500, "InternalServerException", "oops", ErrorReason.UPSTREAM_INTERNAL],
    [503, "ServiceUnavailableException", "busy", ErrorReason.UPSTREAM_UNAVAILABLE],
    [503, "NewException", "busy", ErrorReason.UPSTREAM_UNAVAILABLE],
    [418, "NewException", "teapot", ErrorReason.UPSTREAM_INVALID_REQUEST],
  ];
  for (const [status, type, message, reason] of cases) {
    it(`of ${status} ${type} saying "${message.slice(0, 24)}" is ${ErrorReason[reason]}, wherever its type stands`, () => {
      const expected = {
        reason,
        message,
        upstreamType: type,
        upstreamStatus: status,
        upstreamRequestId: "r",
      };
      const headers = { "x-amzn-requestid": "r" };
      const inHeader = { ...headers, "x-amzn-errortype": `${type}:${NAMESPACE}` };
      expect(decodeError(status, inHeader, Buffer.from(JSON.stringify({ message })))).toEqual(
        expected,
      );
      const inBody = { __type: `com.amazon.coral.service#${type}`, Message: message };
      expect(decodeError(status, headers, Buffer.from(JSON.stringify(inBody)))).toEqual(expected);
    });
  }

  const bare: readonly (readonly [status: number, body: string, reason: ErrorReason])[] = [
    [
      400,
      '{"message":"The provided model identifier is invalid."}',
      ErrorReason.UPSTREAM_INVALID_REQUEST,
    ],
    [401, "", ErrorReason.UPSTREAM_UNAUTHENTICATED],
    [403, "<html>", ErrorReason.UPSTREAM_PERMISSION_DENIED],
    [413, "", ErrorReason.UPSTREAM_TOO_LARGE],
    [502, "<html>", ErrorReason.UPSTREAM_UNAVAILABLE],
    [599, "[]", ErrorReason.UPSTREAM_INTERNAL],
    [302, "null", ErrorReason.UPSTREAM_MALFORMED],
  ];
  for (const [status, body, reason] of bare) {
    it(`of ${status} without a type is told by its status: ${ErrorReason[reason]}`, () => {
      const fault = decodeError(status, {}, Buffer.from(body));
      expect(fault).toMatchObject({ reason, upstreamStatus: status });
      expect(fault.message).not.toBe("");
    });
  }

  it("tells how long to wait", () => {
    expect(decodeError(429, { "retry-after": "2" }, Buffer.from("{}")).retryAfterMs).toBe(2000);
  });
});
