import type { Scenario } from "../scenario.ts";
import type { VendorReply } from "../vendor-reply.ts";
import { openAiHeaders } from "./response-headers.ts";

/**
 * The `error` object of OpenAI's error body; https://platform.openai.com/docs/guides/error-codes
 * (2026-07).
 */
export interface OpenAiError {
  readonly message: string;
  readonly type: string;
  readonly param: string | null;
  readonly code: string | null;
}

/** An invalid_request_error. `param` and `code` are null where OpenAI gives none. */
export function invalidRequest(
  message: string,
  param: string | null = null,
  code: string | null = null,
): OpenAiError {
  return { message, type: "invalid_request_error", param, code };
}

/** The body and headers OpenAI answers an error with: pretty-printed JSON. */
export function errorReply(
  status: number,
  error: OpenAiError,
  ordinal: number,
  extra: Readonly<Record<string, string>> = {},
): VendorReply {
  return {
    status,
    headers: { ...openAiHeaders(ordinal), ...extra },
    frames: [Buffer.from(`${JSON.stringify({ error }, null, 2)}\n`)],
    ending: "end",
  };
}

/** The error within a stream: a data frame with an `error` member and no [DONE] after it. */
export const openAiErrorFrame: Buffer = Buffer.from(
  `data: ${JSON.stringify({ error: { message: "The server had an error while processing your request. Sorry about that!", type: "server_error", param: null, code: null } })}\n\n`,
);

/** The reply of an error scenario, or undefined when the scenario is not an error. */
export function errorOfScenario(
  scenario: Scenario,
  model: string,
  ordinal: number,
): VendorReply | undefined {
  const retry = String(scenario.retryAfterSeconds ?? 2);
  const retryHeaders = { "retry-after": retry, "retry-after-ms": `${retry}000` };
  const reply = (
    status: number,
    error: OpenAiError,
    extra: Readonly<Record<string, string>> = {},
  ) => errorReply(status, error, ordinal, extra);
  const overloaded = {
    message: "The engine is currently overloaded, please try again later",
    type: "server_error",
    param: null,
    code: null,
  };
  switch (scenario.name) {
    case "e400":
      return reply(
        400,
        invalidRequest(
          "Invalid 'temperature': decimal above maximum value. Expected a value <= 2, but got 99.0 instead.",
          "temperature",
          "decimal_above_max_value",
        ),
      );
    case "e401":
      return reply(
        401,
        invalidRequest(
          "Incorrect API key provided: sk-sim******wxyz. You can find your API key at https://platform.openai.com/account/api-keys.",
          null,
          "invalid_api_key",
        ),
      );
    case "e403":
      return reply(403, {
        message: "Country, region, or territory not supported",
        type: "request_forbidden",
        param: null,
        code: "unsupported_country_region_territory",
      });
    case "e404":
      return reply(
        404,
        invalidRequest(
          `The model \`${model}\` does not exist or you do not have access to it.`,
          null,
          "model_not_found",
        ),
      );
    case "e413":
      return reply(413, {
        message: "413: Maximum content size limit (26214400) exceeded (26246356 bytes read)",
        type: "server_error",
        param: null,
        code: null,
      });
    case "e429":
      return reply(
        429,
        {
          message: `Rate limit reached for ${model} in organization org-sim on tokens per min (TPM): Limit 30000, Used 29500, Requested 1500. Please try again in ${retry}s. Visit https://platform.openai.com/account/rate-limits to learn more.`,
          type: "tokens",
          param: null,
          code: "rate_limit_exceeded",
        },
        {
          ...retryHeaders,
          "x-ratelimit-remaining-tokens": "0",
          "x-ratelimit-reset-tokens": `${retry}s`,
        },
      );
    case "quota":
      return reply(429, {
        message:
          "You exceeded your current quota, please check your plan and billing details. For more information on this error, read the docs: https://platform.openai.com/docs/guides/error-codes/api-errors.",
        type: "insufficient_quota",
        param: null,
        code: "insufficient_quota",
      });
    case "e500":
      return internalError(ordinal);
    case "e503":
    case "e529":
      return reply(503, overloaded, { "retry-after": retry });
    case "context-length":
      return reply(
        400,
        invalidRequest(
          "This model's maximum context length is 128000 tokens. However, your messages resulted in 130052 tokens. Please reduce the length of the messages.",
          "messages",
          "context_length_exceeded",
        ),
      );
    default:
      return undefined;
  }
}

/** OpenAI's 500. */
export function internalError(ordinal: number): VendorReply {
  return errorReply(
    500,
    {
      message: "The server had an error while processing your request. Sorry about that!",
      type: "server_error",
      param: null,
      code: null,
    },
    ordinal,
  );
}
