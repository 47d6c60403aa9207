import type { Scenario } from "../scenario.ts";
import type { VendorReply } from "../vendor-reply.ts";

/** What Cohere says of a failure. */
export interface CohereError {
  readonly status: number;
  readonly message: string;
  /** The kind of error, for the few that have one. */
  readonly type?: string;
}

/** A request that is not as it must be. */
export function invalidRequest(message: string): CohereError {
  return { status: 400, message: `invalid request: ${message}` };
}

/**
 * The headers of every answer; the trace id counts requests so that each is unique and predictable.
 */
export function cohereHeaders(
  ordinal: number,
  contentType = "application/json",
): Record<string, string> {
  return {
    date: "Thu, 01 Jan 2026 00:00:00 GMT",
    "content-type": contentType,
    "access-control-expose-headers": "X-Debug-Trace-ID",
    "cache-control": "no-cache, no-store, no-transform, must-revalidate, private, max-age=0",
    "x-debug-trace-id": ordinal.toString(16).padStart(32, "0"),
    server: "envoy",
  };
}

/** The id of a reply. */
export function replyId(ordinal: number): string {
  return `00000000-0000-4000-8000-${ordinal.toString(16).padStart(12, "0")}`;
}

/** An error: https://docs.cohere.com/reference/errors (2026-11). */
export function errorReply({ status, message, type }: CohereError, ordinal: number): VendorReply {
  const body = {
    ...(type === undefined ? {} : { error_type: type }),
    id: replyId(ordinal),
    message,
  };
  return {
    status,
    headers: cohereHeaders(ordinal),
    frames: [Buffer.from(JSON.stringify(body))],
    ending: "end",
  };
}

/** Cohere's 500. */
export function internalError(ordinal: number): VendorReply {
  return errorReply(
    { status: 500, message: "internal server error, this has been reported to our developers." },
    ordinal,
  );
}

/** The end of a stream that fails: the reason to finish says so. */
export const cohereErrorFrame: Buffer = Buffer.from(
  `event: message-end\ndata: ${JSON.stringify({ type: "message-end", delta: { finish_reason: "ERROR", error: "internal server error" } })}\n\n`,
);

const busy = "the service is currently unavailable. please try again later.";

const errors: Partial<Readonly<Record<Scenario["name"], CohereError>>> = {
  e400: invalidRequest("temperature must be between 0 and 1 inclusive."),
  e401: { status: 401, message: "invalid api token" },
  e403: { status: 403, message: "access to the requested resource is forbidden" },
  e404: {
    status: 404,
    message:
      "model 'x' not found, make sure the correct model ID was used and that you have access to the model.",
  },
  e413: { status: 413, message: "request entity too large" },
  e429: {
    status: 429,
    message: "You are using a Trial key, which is limited to 20 API calls / minute.",
  },
  e500: {
    status: 500,
    message: "internal server error, this has been reported to our developers.",
  },
  e503: { status: 503, message: busy },
  e529: { status: 503, message: busy },
  quota: {
    status: 429,
    message: "You are using a Trial key, which is limited to 1000 API calls / month.",
  },
  "context-length": {
    status: 400,
    type: "TOO_MANY_TOKENS",
    message:
      "too many tokens: size limit exceeded by 25836 tokens. Try using shorter or fewer inputs. The limit for this model is 288000 tokens.",
  },
};

/** The reply of an error scenario, or undefined when the scenario is not an error. */
export function errorOfScenario({ name }: Scenario, ordinal: number): VendorReply | undefined {
  const error = errors[name];
  return error === undefined ? undefined : errorReply(error, ordinal);
}
