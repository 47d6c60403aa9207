import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { ErrorReason } from "../../../../gen/parlance/error/v1/error_reason_pb.js";
import { decodeError } from "../../../../src/adapters/gemini/vendor/error.ts";

const status = (code: number, word: string, message: string, details: unknown[] = []) =>
  JSON.stringify({ error: { code, message, status: word, details } });

const info = (reason: string) => ({ "@type": "type.googleapis.com/google.rpc.ErrorInfo", reason });
const retry = (retryDelay: unknown) => ({
  "@type": "type.googleapis.com/google.rpc.RetryInfo",
  retryDelay,
});

const cases: readonly (readonly [title: string, status: number, body: string, expected: object])[] =
  [
    [
      "a refused key comes with status 400",
      400,
      status(400, "INVALID_ARGUMENT", "API key not valid.", [info("API_KEY_INVALID")]),
      {
        reason: ErrorReason.UPSTREAM_UNAUTHENTICATED,
        upstreamCode: "API_KEY_INVALID",
        upstreamType: "INVALID_ARGUMENT",
      },
    ],
    [
      "a quota tells when to come back",
      429,
      status(429, "RESOURCE_EXHAUSTED", "You exceeded your current quota.", [retry("48.9s")]),
      { reason: ErrorReason.UPSTREAM_RATE_LIMITED, retryAfterMs: 48_900 },
    ],
    [
      "a delay may be seconds and nanoseconds",
      429,
      status(429, "RESOURCE_EXHAUSTED", "slow down", [retry({ seconds: 2, nanos: 500_000_000 })]),
      { retryAfterMs: 2500 },
    ],
    [
      "an overloaded model",
      503,
      status(503, "UNAVAILABLE", "The model is overloaded."),
      { reason: ErrorReason.UPSTREAM_OVERLOADED },
    ],
    [
      "a service that is away",
      503,
      status(503, "UNAVAILABLE", "try later"),
      { reason: ErrorReason.UPSTREAM_UNAVAILABLE },
    ],
    [
      "a prompt that is too long",
      400,
      status(
        400,
        "INVALID_ARGUMENT",
        "The input token count (9) exceeds the maximum number of tokens allowed (8).",
      ),
      { reason: ErrorReason.UPSTREAM_CONTEXT_LENGTH },
    ],
    [
      "a field that is wrong is named",
      400,
      status(400, "INVALID_ARGUMENT", "bad", [
        { fieldViolations: [{ field: "contents[0].parts" }] },
      ]),
      { reason: ErrorReason.UPSTREAM_INVALID_REQUEST, upstreamParam: "contents[0].parts" },
    ],
    [
      "a list of one, as streams have it",
      404,
      `[${status(404, "NOT_FOUND", "no such model")}]`,
      { reason: ErrorReason.UPSTREAM_NOT_FOUND, message: "no such model" },
    ],
    [
      "a credential that may not",
      403,
      status(403, "PERMISSION_DENIED", "no"),
      { reason: ErrorReason.UPSTREAM_PERMISSION_DENIED },
    ],
    [
      "an account without billing",
      403,
      status(403, "PERMISSION_DENIED", "no", [info("BILLING_DISABLED")]),
      { reason: ErrorReason.UPSTREAM_BILLING },
    ],
    [
      "a token that expired",
      401,
      status(401, "UNAUTHENTICATED", "no"),
      { reason: ErrorReason.UPSTREAM_UNAUTHENTICATED },
    ],
    [
      "an OAuth error",
      401,
      '{"error":"invalid_grant","error_description":"expired"}',
      { reason: ErrorReason.UPSTREAM_UNAUTHENTICATED, message: "expired" },
    ],
    [
      "a deadline",
      504,
      status(504, "DEADLINE_EXCEEDED", "late"),
      { reason: ErrorReason.UPSTREAM_TIMEOUT },
    ],
    [
      "an internal error",
      500,
      status(500, "INTERNAL", "oops"),
      { reason: ErrorReason.UPSTREAM_INTERNAL },
    ],
    [
      "a page of HTML",
      502,
      "<html>",
      { reason: ErrorReason.UPSTREAM_UNAVAILABLE, upstreamStatus: 502 },
    ],
    ["nothing", 413, "", { reason: ErrorReason.UPSTREAM_TOO_LARGE }],
  ];

describe("errors of the vendor", () => {
  for (const [title, code, body, expected] of cases) {
    test(title, () => {
      expect(decodeError(code, {}, Buffer.from(body))).toMatchObject(expected);
    });
  }

  test("retry-after in the headers counts where the body says nothing", () => {
    expect(decodeError(429, { "retry-after": "3" }, Buffer.from("")).retryAfterMs).toBe(3000);
  });

  test("any body is a fault and never a throw", () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 400, max: 599 }),
        fc.oneof(fc.json(), fc.string()),
        (code, body) => {
          const fault = decodeError(code, {}, Buffer.from(body));
          expect(fault.message).not.toBe("");
          expect(fault.upstreamStatus).toBe(code);
        },
      ),
    );
  });
});
