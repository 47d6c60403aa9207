import { describe, expect, it } from "vitest";
import { ErrorReason } from "../../../../gen/parlance/error/v1/error_reason_pb.js";
import {
  anthropicMessages as anthropicMessagesDialect,
  anthropicMessagesFacade as anthropicMessagesFacadeOriginal,
} from "../../../../src/adapters/anthropic-messages/index.ts";
import { clientSide, vendorSide } from "../../sides.ts";

const anthropicMessages = vendorSide(anthropicMessagesDialect);
const anthropicMessagesFacade = clientSide(anthropicMessagesFacadeOriginal);

function errorBody(type: string, message: string): string {
  return JSON.stringify({ type: "error", error: { type, message }, request_id: "req_body" });
}

describe("an error reply", () => {
  const rows: readonly (readonly [status: number, body: string, reason: ErrorReason])[] = [
    [
      400,
      errorBody("invalid_request_error", "messages: bad"),
      ErrorReason.UPSTREAM_INVALID_REQUEST,
    ],
    [
      400,
      errorBody("invalid_request_error", "prompt is too long: 3 tokens > 2 maximum"),
      ErrorReason.UPSTREAM_CONTEXT_LENGTH,
    ],
    [
      400,
      errorBody(
        "invalid_request_error",
        "input length and `max_tokens` exceed context limit: 1 + 2 > 2",
      ),
      ErrorReason.UPSTREAM_CONTEXT_LENGTH,
    ],
    [
      400,
      errorBody(
        "invalid_request_error",
        "Your credit balance is too low to access the Anthropic API.",
      ),
      ErrorReason.UPSTREAM_BILLING,
    ],
    [
      400,
      errorBody("invalid_request_error", "Output blocked by content filtering policy"),
      ErrorReason.UPSTREAM_CONTENT_POLICY,
    ],
    [
      401,
      errorBody("authentication_error", "invalid x-api-key"),
      ErrorReason.UPSTREAM_UNAUTHENTICATED,
    ],
    [402, errorBody("billing_error", "pay"), ErrorReason.UPSTREAM_BILLING],
    [403, errorBody("permission_error", "no"), ErrorReason.UPSTREAM_PERMISSION_DENIED],
    [404, errorBody("not_found_error", "model: x"), ErrorReason.UPSTREAM_NOT_FOUND],
    [413, errorBody("request_too_large", "big"), ErrorReason.UPSTREAM_TOO_LARGE],
    [413, errorBody("invalid_request_error", "big"), ErrorReason.UPSTREAM_TOO_LARGE],
    [429, errorBody("rate_limit_error", "slow"), ErrorReason.UPSTREAM_RATE_LIMITED],
    [500, errorBody("api_error", "oops"), ErrorReason.UPSTREAM_INTERNAL],
    [503, errorBody("api_error", "away"), ErrorReason.UPSTREAM_UNAVAILABLE],
    [504, errorBody("timeout_error", "late"), ErrorReason.UPSTREAM_TIMEOUT],
    [529, errorBody("overloaded_error", "Overloaded"), ErrorReason.UPSTREAM_OVERLOADED],
    [400, errorBody("brand_new_error", "x"), ErrorReason.UPSTREAM_INVALID_REQUEST],
    [401, "", ErrorReason.UPSTREAM_UNAUTHENTICATED],
    [402, "[]", ErrorReason.UPSTREAM_BILLING],
    [403, "<html>Forbidden</html>", ErrorReason.UPSTREAM_PERMISSION_DENIED],
    [404, '{"detail":"Not Found"}', ErrorReason.UPSTREAM_NOT_FOUND],
    [408, "", ErrorReason.UPSTREAM_TIMEOUT],
    [429, "slow down", ErrorReason.UPSTREAM_RATE_LIMITED],
    [500, '{"error":"oops"}', ErrorReason.UPSTREAM_INTERNAL],
    [502, "<html>Bad Gateway</html>", ErrorReason.UPSTREAM_UNAVAILABLE],
    [529, "", ErrorReason.UPSTREAM_OVERLOADED],
    [302, "", ErrorReason.UPSTREAM_MALFORMED],
  ];
  for (const [status, body, reason] of rows) {
    it(`with ${status} and ${body.slice(0, 90) || "nothing"} is ${ErrorReason[reason]}`, () => {
      const fault = anthropicMessages.decodeError(status, {}, Buffer.from(body));
      expect(fault).toMatchObject({ reason, upstreamStatus: status });
      expect(fault.message).not.toBe("");
      expect(fault.message).not.toContain("<html>");
    });
  }

  it("tells the vendor's type, message and id of the request, which the body or a header holds", () => {
    const fault = anthropicMessages.decodeError(
      429,
      { "request-id": "req_head" },
      Buffer.from(errorBody("rate_limit_error", "slow")),
    );
    expect(fault).toMatchObject({
      message: "slow",
      upstreamType: "rate_limit_error",
      upstreamRequestId: "req_body",
    });
    expect(
      anthropicMessages.decodeError(500, { "request-id": "req_head" }, Buffer.from("")),
    ).toMatchObject({
      upstreamRequestId: "req_head",
    });
  });

  const waits: readonly (readonly [headers: Record<string, string>, ms: number | undefined])[] = [
    [{ "retry-after": "3" }, 3000],
    [{ "retry-after": "0.5" }, 500],
    [{ "retry-after-ms": "120", "retry-after": "3" }, 120],
    [
      { "retry-after": "Wed, 21 Oct 2026 07:28:10 GMT", date: "Wed, 21 Oct 2026 07:28:00 GMT" },
      10_000,
    ],
    [{ "retry-after": "Wed, 21 Oct 2026 07:28:10 GMT" }, undefined],
    [{ "retry-after": "-1" }, undefined],
    [{ "retry-after": "soon" }, undefined],
    [{}, undefined],
  ];
  for (const [headers, ms] of waits) {
    it(`with the headers ${JSON.stringify(headers)} may be tried again in ${ms} ms`, () => {
      expect(anthropicMessages.decodeError(429, headers, Buffer.from("")).retryAfterMs).toBe(ms);
    });
  }
});

describe("an error told to a client", () => {
  const types: readonly (readonly [reason: ErrorReason, type: string])[] = [
    [ErrorReason.INVALID_REQUEST, "invalid_request_error"],
    [ErrorReason.UNAUTHENTICATED, "authentication_error"],
    [ErrorReason.PERMISSION_DENIED, "permission_error"],
    [ErrorReason.UNKNOWN_MODEL, "not_found_error"],
    [ErrorReason.REQUEST_TOO_LARGE, "request_too_large"],
    [ErrorReason.UPSTREAM_RATE_LIMITED, "rate_limit_error"],
    [ErrorReason.UPSTREAM_OVERLOADED, "overloaded_error"],
    [ErrorReason.UPSTREAM_BILLING, "billing_error"],
    [ErrorReason.DEADLINE_EXCEEDED, "timeout_error"],
    [ErrorReason.UPSTREAM_CUT, "api_error"],
  ];
  for (const [reason, type] of types) {
    it(`is ${type} for ${ErrorReason[reason]}`, () => {
      const fault = { reason, message: "m", upstreamRequestId: "req_1" };
      const body = { type: "error", error: { type, message: "m" }, request_id: "req_1" };
      expect(JSON.parse(anthropicMessagesFacade.encodeError(fault))).toEqual(body);
      const state = anthropicMessagesFacade.begin({
        model: "m",
        nowUnixS: 0,
        callId: "c",
        wantsUsage: true,
      });
      expect(anthropicMessagesFacade.encodeStreamError(state, fault)).toEqual([
        `event: error\ndata: ${JSON.stringify(body)}\n\n`,
      ]);
    });
  }
});

describe("an error of a cloud in front of the vendor", () => {
  const rows: readonly (readonly [title: string, body: string, message: string])[] = [
    [
      "a list of one",
      '[{"error":{"code":403,"message":"denied","status":"PERMISSION_DENIED"}}]',
      "denied",
    ],
    ["a detail", '{"detail":"not yours"}', "not yours"],
  ];
  for (const [title, body, message] of rows) {
    it(`is read from ${title}`, () => {
      const fault = anthropicMessages.decodeError(403, {}, Buffer.from(body));
      expect([fault.reason, fault.message]).toEqual([
        ErrorReason.UPSTREAM_PERMISSION_DENIED,
        message,
      ]);
    });
  }
});
