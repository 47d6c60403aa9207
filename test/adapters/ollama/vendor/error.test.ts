import { describe, expect, it } from "vitest";
import { ErrorReason } from "../../../../gen/parlance/error/v1/error_reason_pb.js";
import { ollama } from "../../../../src/adapters/ollama/index.ts";

const error = (message: string) => JSON.stringify({ error: message });

const cases: readonly (readonly [
  title: string,
  status: number,
  body: string,
  reason: ErrorReason,
])[] = [
  ["a wrong request", 400, error("model is required"), ErrorReason.UPSTREAM_INVALID_REQUEST],
  [
    "a full context",
    400,
    error("the input length exceeds the context length"),
    ErrorReason.UPSTREAM_CONTEXT_LENGTH,
  ],
  [
    "a model without tools",
    400,
    error("registry/x:2b does not support tools"),
    ErrorReason.UNSUPPORTED,
  ],
  [
    "a model that cannot think",
    400,
    error('"x" does not support thinking'),
    ErrorReason.UNSUPPORTED,
  ],
  [
    "no account",
    401,
    '{"error":"unauthorized","signin_url":"https://x"}',
    ErrorReason.UPSTREAM_UNAUTHENTICATED,
  ],
  ["a model that needs an account", 403, error("no"), ErrorReason.UPSTREAM_PERMISSION_DENIED],
  ["an unknown model", 404, error("model 'x' not found"), ErrorReason.UPSTREAM_NOT_FOUND],
  [
    "too many requests",
    429,
    error("you have reached your limit"),
    ErrorReason.UPSTREAM_RATE_LIMITED,
  ],
  ["a crash", 500, error("llama runner process has terminated"), ErrorReason.UPSTREAM_INTERNAL],
  [
    "a full queue",
    503,
    error("server busy, please try again.  maximum pending requests exceeded"),
    ErrorReason.UPSTREAM_OVERLOADED,
  ],
  ["a server that is away", 502, error("bad gateway"), ErrorReason.UPSTREAM_UNAVAILABLE],
  ["a slow server", 504, "", ErrorReason.UPSTREAM_TIMEOUT],
  ["a page before the server", 500, "<html><body>no</body></html>", ErrorReason.UPSTREAM_INTERNAL],
  ["a text", 404, "404 page not found", ErrorReason.UPSTREAM_NOT_FOUND],
  [
    "an error in other words",
    400,
    '{"error":{"message":"no"}}',
    ErrorReason.UPSTREAM_INVALID_REQUEST,
  ],
];

describe("an error of ollama", () => {
  for (const [title, status, body, reason] of cases) {
    it(`tells of ${title}`, () => {
      const fault = ollama.decodeError(status, {}, Buffer.from(body));
      expect(fault).toMatchObject({ reason, upstreamStatus: status });
      expect(fault.message).not.toMatch(/^$|[<>]/);
    });
  }

  it("tells how long to wait and the id of the request", () => {
    const date = {
      "retry-after": "Wed, 21 Oct 2026 07:28:10 GMT",
      date: "Wed, 21 Oct 2026 07:28:00 GMT",
    };
    const empty = new Uint8Array();
    expect(
      ollama.decodeError(429, { "retry-after": "2", "x-request-id": "r" }, empty),
    ).toMatchObject({
      retryAfterMs: 2000,
      upstreamRequestId: "r",
    });
    expect(ollama.decodeError(429, date, empty).retryAfterMs).toBe(10_000);
    expect(ollama.decodeError(429, { "retry-after": "soon" }, empty).retryAfterMs).toBeUndefined();
  });
});
