import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { ErrorReason } from "../../../../gen/parlance/error/v1/error_reason_pb.js";
import {
  openAiChat as openAiChatDialect,
  openAiChatFacade as openAiChatFacadeOriginal,
} from "../../../../src/adapters/openai-chat/index.ts";
import { clientSide, vendorSide } from "../../sides.ts";

const openAiChat = vendorSide(openAiChatDialect);
const openAiChatFacade = clientSide(openAiChatFacadeOriginal);

const error = (members: object) => JSON.stringify({ error: { message: "no", ...members } });

const cases: readonly (readonly [
  title: string,
  status: number,
  body: string,
  reason: ErrorReason,
  message: string,
])[] = [
  [
    "a wrong parameter",
    400,
    error({ type: "invalid_request_error", param: "n", code: null }),
    ErrorReason.UPSTREAM_INVALID_REQUEST,
    "no",
  ],
  [
    "a full context by code",
    400,
    error({ code: "context_length_exceeded" }),
    ErrorReason.UPSTREAM_CONTEXT_LENGTH,
    "no",
  ],
  [
    "a full context in words",
    400,
    error({ message: "maximum context length is 8 tokens" }),
    ErrorReason.UPSTREAM_CONTEXT_LENGTH,
    "maximum context length is 8 tokens",
  ],
  [
    "a refused prompt",
    400,
    error({ code: "content_policy_violation" }),
    ErrorReason.UPSTREAM_CONTENT_POLICY,
    "no",
  ],
  [
    "a filtered prompt of Azure",
    400,
    error({ innererror: { code: "ResponsibleAIPolicyViolation" } }),
    ErrorReason.UPSTREAM_CONTENT_POLICY,
    "no",
  ],
  [
    "a bad key",
    401,
    error({ code: "invalid_api_key" }),
    ErrorReason.UPSTREAM_UNAUTHENTICATED,
    "no",
  ],
  [
    "a bad key told as a bad request",
    400,
    error({ code: "invalid_api_key" }),
    ErrorReason.UPSTREAM_UNAUTHENTICATED,
    "no",
  ],
  ["an empty account", 402, error({}), ErrorReason.UPSTREAM_BILLING, "no"],
  ["a forbidden model", 403, error({}), ErrorReason.UPSTREAM_PERMISSION_DENIED, "no"],
  [
    "an unknown model",
    404,
    error({ code: "model_not_found" }),
    ErrorReason.UPSTREAM_NOT_FOUND,
    "no",
  ],
  ["a slow request", 408, error({}), ErrorReason.UPSTREAM_TIMEOUT, "no"],
  ["a large body", 413, error({}), ErrorReason.UPSTREAM_TOO_LARGE, "no"],
  [
    "faults of FastAPI",
    422,
    '{"detail":[{"loc":["body","n"],"msg":"bad"}]}',
    ErrorReason.UPSTREAM_INVALID_REQUEST,
    "body.n: bad",
  ],
  [
    "a rate limit",
    429,
    error({ type: "tokens", code: "rate_limit_exceeded" }),
    ErrorReason.UPSTREAM_RATE_LIMITED,
    "no",
  ],
  ["a spent quota", 429, error({ code: "insufficient_quota" }), ErrorReason.UPSTREAM_BILLING, "no"],
  ["a failure", 500, error({ type: "server_error" }), ErrorReason.UPSTREAM_INTERNAL, "no"],
  ["an operation that is not there", 501, error({}), ErrorReason.UNSUPPORTED, "no"],
  [
    "a gateway's failure",
    502,
    "<html><head><title>502 Bad Gateway</title></head></html>",
    ErrorReason.UPSTREAM_UNAVAILABLE,
    "502 Bad Gateway",
  ],
  [
    "an overloaded engine",
    503,
    error({ message: "The engine is overloaded" }),
    ErrorReason.UPSTREAM_OVERLOADED,
    "The engine is overloaded",
  ],
  [
    "an absent vendor",
    503,
    "",
    ErrorReason.UPSTREAM_UNAVAILABLE,
    "the provider answered with status 503 and no explanation",
  ],
  ["an overloaded vendor", 529, error({}), ErrorReason.UPSTREAM_OVERLOADED, "no"],
  [
    "an error that is a text",
    400,
    '{"error":"broken"}',
    ErrorReason.UPSTREAM_INVALID_REQUEST,
    "broken",
  ],
  [
    "a list with an error",
    400,
    '[{"error":{"message":"broken"}}]',
    ErrorReason.UPSTREAM_INVALID_REQUEST,
    "broken",
  ],
  ["a detail", 404, '{"detail":"Not Found"}', ErrorReason.UPSTREAM_NOT_FOUND, "Not Found"],
  [
    "a bare message",
    429,
    '{"message":"slow down"}',
    ErrorReason.UPSTREAM_RATE_LIMITED,
    "slow down",
  ],
  [
    "a list of errors",
    400,
    '{"error":["`inputs` is wrong"]}',
    ErrorReason.UPSTREAM_INVALID_REQUEST,
    "`inputs` is wrong",
  ],
  [
    "an error in an error",
    401,
    '{"error":{"error":{"message":"who?"}}}',
    ErrorReason.UPSTREAM_UNAUTHENTICATED,
    "who?",
  ],
  [
    "a proxy's fault",
    401,
    '{"fault":{"faultstring":"no key"}}',
    ErrorReason.UPSTREAM_UNAUTHENTICATED,
    "no key",
  ],
  [
    "a message with a capital",
    403,
    '{"Message":"not yours"}',
    ErrorReason.UPSTREAM_PERMISSION_DENIED,
    "not yours",
  ],
  [
    "an error message of a function",
    500,
    '{"errorMessage":"died"}',
    ErrorReason.UPSTREAM_INTERNAL,
    "died",
  ],
  [
    "a message beside a numeric code",
    404,
    '{"error_code":17,"error_msg":"gone"}',
    ErrorReason.UPSTREAM_NOT_FOUND,
    "gone",
  ],
  [
    "a limit by its code",
    400,
    '{"error_code":"REQUEST_LIMIT_EXCEEDED","message":"slow"}',
    ErrorReason.UPSTREAM_RATE_LIMITED,
    "slow",
  ],
  ["a plain text", 500, "boom", ErrorReason.UPSTREAM_INTERNAL, "boom"],
];

/** How vendors tell of a full context where they give no code for it. */
const fullContexts: readonly string[] = [
  "Input validation error: `inputs` must have less than 8 tokens. Given: 9",
  "Input validation error: `inputs` tokens + `max_new_tokens` must be <= 8. Given: 6 `inputs` tokens",
  "Invalid request: Your request exceeded model token limit: 8",
  "Range of input length should be [1, 8]",
  "Prompt exceeds max length",
  "The input token count (9) exceeds the maximum number of tokens allowed (8).",
];

/** Failures with status 200, whole or as a frame of a stream. */
const failuresInside: readonly (readonly [
  title: string,
  body: object,
  reason: ErrorReason,
  message: string,
])[] = [
  [
    "a list of errors",
    { success: false, errors: [{ code: 7, message: "no model" }] },
    ErrorReason.UPSTREAM_INTERNAL,
    "no model",
  ],
  ["a detail", { detail: "engine dead" }, ErrorReason.UPSTREAM_INTERNAL, "engine dead"],
  [
    "a limit in MiniMax's own member",
    { choices: null, base_resp: { status_code: 1002, status_msg: "rate limit" } },
    ErrorReason.UPSTREAM_RATE_LIMITED,
    "rate limit",
  ],
  [
    "a choice that failed",
    {
      choices: [
        { index: 0, delta: {}, finish_reason: "error", error: { code: 502, message: "gone" } },
      ],
    },
    ErrorReason.UPSTREAM_UNAVAILABLE,
    "gone",
  ],
];

describe("decodeError of openai-chat", () => {
  for (const message of fullContexts) {
    it(`reads a full context in the words: ${message}`, () => {
      const fault = openAiChat.decodeError(400, {}, Buffer.from(error({ message })));
      expect(ErrorReason[fault.reason]).toBe(ErrorReason[ErrorReason.UPSTREAM_CONTEXT_LENGTH]);
    });
  }

  for (const [title, body, reason, message] of failuresInside) {
    it(`knows a failure with status 200 by ${title}`, () => {
      const data = Buffer.from(JSON.stringify(body));
      const whole = openAiChat.decodeResponse(JSON.parse(data.toString()), data);
      const step = openAiChat.decodeEvent(openAiChat.begin(), { event: "", data });
      const seen = openAiChat.passthrough.watch(true).see({ event: "", data });
      for (const fault of [
        whole.ok ? undefined : whole.fault,
        step.ok ? undefined : step.fault,
        seen.fault,
      ]) {
        expect([fault === undefined ? "" : ErrorReason[fault.reason], fault?.message]).toEqual([
          ErrorReason[reason],
          message,
        ]);
      }
    });
  }

  it("takes the status that the error itself tells where the reply says 200", () => {
    const fault = openAiChat.decodeError(
      200,
      {},
      Buffer.from(error({ code: "content_filter", status: 400 })),
    );
    expect([fault.reason, fault.upstreamStatus]).toEqual([
      ErrorReason.UPSTREAM_CONTENT_POLICY,
      400,
    ]);
    expect(openAiChat.decodeError(200, {}, Buffer.from(error({}))).upstreamStatus).toBeUndefined();
  });

  for (const [title, status, body, reason, message] of cases) {
    it(`reads ${title}`, () => {
      const fault = openAiChat.decodeError(status, {}, Buffer.from(body));
      expect([ErrorReason[fault.reason], fault.message, fault.upstreamStatus]).toEqual([
        ErrorReason[reason],
        message,
        status,
      ]);
    });
  }

  const waits: readonly (readonly [
    title: string,
    headers: Record<string, string>,
    wanted: number | undefined,
  ])[] = [
    ["seconds", { "retry-after": "2" }, 2000],
    ["milliseconds before seconds", { "retry-after-ms": "150", "retry-after": "2" }, 150],
    [
      "seconds where the milliseconds are zero",
      { "retry-after-ms": "0", "retry-after": "1" },
      1000,
    ],
    [
      "a date, from the date of the reply",
      { "retry-after": "Wed, 21 Oct 2026 07:28:05 GMT", date: "Wed, 21 Oct 2026 07:28:00 GMT" },
      5000,
    ],
    [
      "nothing in a date without a date to count from",
      { "retry-after": "Wed, 21 Oct 2026 07:28:05 GMT" },
      undefined,
    ],
    ["nothing in nonsense", { "retry-after": "soon" }, undefined],
  ];
  for (const [title, headers, wanted] of waits) {
    it(`reads how long to wait: ${title}`, () => {
      expect(openAiChat.decodeError(429, headers, Buffer.alloc(0)).retryAfterMs).toBe(wanted);
    });
  }

  it("keeps the vendor's type, code, parameter and request id", () => {
    const body = Buffer.from(error({ type: "t", code: "c", param: "p" }));
    expect(openAiChat.decodeError(400, { "x-request-id": "req_1" }, body)).toMatchObject({
      upstreamType: "t",
      upstreamCode: "c",
      upstreamParam: "p",
      upstreamRequestId: "req_1",
    });
  });

  for (const secret of [
    "sk-proj-abcdefghijklmnop",
    "gsk_abcdefghij1234",
    "sk-ab***************xyz",
    "****-key",
    "Bearer abc.def",
  ]) {
    it(`does not repeat ${secret}`, () => {
      const body = Buffer.from(
        error({ message: `Incorrect API key provided: ${secret} is invalid.` }),
      );
      expect(openAiChat.decodeError(401, {}, body).message).not.toContain(secret.slice(-6));
    });
  }

  it("bounds the message, whatever it is", () => {
    fc.assert(
      fc.property(
        fc.string({ unit: "grapheme", minLength: 1, maxLength: 8 }),
        fc.integer({ min: 1, max: 9000 }),
        (piece, times) => {
          const body = Buffer.from(error({ message: piece.repeat(times) }));
          expect(
            Buffer.byteLength(openAiChat.decodeError(500, {}, body).message),
          ).toBeLessThanOrEqual(4096);
        },
      ),
      { numRuns: 30 },
    );
  });
});

describe("encodeError of the openai-chat facade", () => {
  it("has all four members, null where there is nothing to say", () => {
    expect(
      JSON.parse(openAiChatFacade.encodeError({ reason: ErrorReason.INTERNAL, message: "m" })),
    ).toEqual({
      error: { message: "m", type: "server_error", param: null, code: null },
    });
  });

  it("names the field and the code", () => {
    const fault = {
      reason: ErrorReason.INVALID_REQUEST,
      message: "m",
      fields: [{ field: "messages[0].role", message: "m" }],
    };
    expect(JSON.parse(openAiChatFacade.encodeError(fault)).error.param).toBe("messages[0].role");
    const limited = {
      reason: ErrorReason.UPSTREAM_RATE_LIMITED,
      message: "m",
      upstreamCode: "tpm",
    };
    expect(JSON.parse(openAiChatFacade.encodeError(limited)).error).toMatchObject({
      type: "rate_limit_error",
      code: "tpm",
    });
  });

  it("has words for every reason", () => {
    for (const reason of Object.values(ErrorReason).filter((value) => typeof value === "number")) {
      const { type } = JSON.parse(openAiChatFacade.encodeError({ reason, message: "m" })).error;
      expect(type).toMatch(/^[a-z_]+$/);
    }
  });
});
