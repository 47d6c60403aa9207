import type { JsonObject } from "../json-value.ts";
import type { Scenario } from "../scenario.ts";
import type { VendorReply } from "../vendor-reply.ts";
import { geminiHeaders } from "./gemini-headers.ts";

/**
 * The words of google.rpc.Code that the vendor uses:
 * https://ai.google.dev/gemini-api/docs/troubleshooting (2026-11).
 */
export type GoogleStatus =
  | "INVALID_ARGUMENT"
  | "FAILED_PRECONDITION"
  | "UNAUTHENTICATED"
  | "PERMISSION_DENIED"
  | "NOT_FOUND"
  | "RESOURCE_EXHAUSTED"
  | "INTERNAL"
  | "UNAVAILABLE";

/** A fault in a request: what is told, and the fields it is about where the vendor names them. */
export interface GeminiFault {
  readonly message: string;
  readonly violations?: readonly { readonly field: string; readonly description: string }[];
}

/** A google.rpc.Status as a reply, pretty-printed as the vendor sends it. */
export function errorReply(
  code: number,
  status: GoogleStatus,
  message: string,
  details: readonly JsonObject[] = [],
): VendorReply {
  return {
    status: code,
    headers: geminiHeaders(),
    frames: [
      Buffer.from(
        `${JSON.stringify({ error: errorBody(code, status, message, details) }, null, 2)}\n`,
      ),
    ],
    ending: "end",
  };
}

/** A 400 for a fault in the request. */
export function invalidArgument({ message, violations }: GeminiFault): VendorReply {
  const detail = {
    "@type": "type.googleapis.com/google.rpc.BadRequest",
    fieldViolations: violations ?? [],
  };
  return errorReply(400, "INVALID_ARGUMENT", message, violations === undefined ? [] : [detail]);
}

const internalMessage =
  "An internal error has occurred. Please retry or report in https://developers.generativeai.google/guide/troubleshooting";

/** The vendor's 500. */
export const internalError: VendorReply = errorReply(500, "INTERNAL", internalMessage);

/** The error within a stream. */
export const geminiErrorFrame: Buffer = Buffer.from(
  `data: ${JSON.stringify({ error: errorBody(500, "INTERNAL", internalMessage, []) })}\r\n\r\n`,
);

/** The reply of an error scenario, or undefined when the scenario is not an error. */
export function errorOfScenario(
  scenario: Scenario,
  model: string,
  method: string,
): VendorReply | undefined {
  switch (scenario.name) {
    case "e400":
      return invalidArgument({
        message:
          "* GenerateContentRequest.generation_config.temperature: temperature must be in the range [0.0, 2.0].\n",
      });
    case "e401":
      return errorReply(
        401,
        "UNAUTHENTICATED",
        "Request had invalid authentication credentials. Expected OAuth 2 access token, login cookie or other valid authentication credential. See https://developers.google.com/identity/sign-in/web/devconsole-project.",
        [errorInfo("ACCESS_TOKEN_EXPIRED")],
      );
    case "e403":
      return errorReply(
        403,
        "PERMISSION_DENIED",
        "Generative Language API has not been used in project 1 before or it is disabled.",
        [errorInfo("SERVICE_DISABLED")],
      );
    case "e404":
      return errorReply(
        404,
        "NOT_FOUND",
        `models/${model} is not found for API version v1beta, or is not supported for ${method}. Call ListModels to see the list of available models and their supported methods.`,
      );
    case "e413":
      return invalidArgument({
        message: "Request payload size exceeds the limit: 20971520 bytes.",
      });
    case "e429":
      return exhausted(
        model,
        "GenerateContentPaidTierInputTokensPerModelPerMinute",
        scenario.retryAfterSeconds ?? 2,
      );
    case "quota":
      return exhausted(model, "GenerateRequestsPerDayPerProjectPerModel-FreeTier", undefined);
    case "e500":
      return internalError;
    case "e503":
    case "e529":
      return errorReply(503, "UNAVAILABLE", "The model is overloaded. Please try again later.");
    case "context-length":
      return invalidArgument({
        message:
          "The input token count (1208310) exceeds the maximum number of tokens allowed (1048576).",
      });
    default:
      return undefined;
  }
}

/** A key that the vendor did not issue: it answers 400 and not 401. */
export const invalidKey: VendorReply = errorReply(
  400,
  "INVALID_ARGUMENT",
  "API key not valid. Please pass a valid API key.",
  [
    errorInfo("API_KEY_INVALID"),
    {
      "@type": "type.googleapis.com/google.rpc.LocalizedMessage",
      locale: "en-US",
      message: "API key not valid. Please pass a valid API key.",
    },
  ],
);

/** A request without a key. */
export const missingKey: VendorReply = errorReply(
  403,
  "PERMISSION_DENIED",
  "Method doesn't allow unregistered callers (callers without established identity). Please use API Key or other form of API consumer identity to call this API.",
);

function errorBody(
  code: number,
  status: GoogleStatus,
  message: string,
  details: readonly JsonObject[],
): JsonObject {
  return { code, message, status, ...(details.length === 0 ? {} : { details }) };
}

function errorInfo(reason: string): JsonObject {
  return {
    "@type": "type.googleapis.com/google.rpc.ErrorInfo",
    reason,
    domain: "googleapis.com",
    metadata: { service: "generativelanguage.googleapis.com" },
  };
}

/** Out of quota. When to come again stands in RetryInfo and in the words, and in no header. */
function exhausted(model: string, quotaId: string, retryS: number | undefined): VendorReply {
  const again = retryS === undefined ? "" : `\nPlease retry in ${retryS}.0s.`;
  const message = `You exceeded your current quota, please check your plan and billing details. For more information on this error, head to: https://ai.google.dev/gemini-api/docs/rate-limits. To monitor your current usage, head to: https://ai.dev/rate-limit. ${again}`;
  const violation = {
    quotaMetric: "generativelanguage.googleapis.com/generate_content_requests",
    quotaId,
    quotaDimensions: { location: "global", model },
    quotaValue: "10",
  };
  return errorReply(429, "RESOURCE_EXHAUSTED", message, [
    {
      "@type": "type.googleapis.com/google.rpc.Help",
      links: [
        {
          description: "Learn more about Gemini API quotas",
          url: "https://ai.google.dev/gemini-api/docs/rate-limits",
        },
      ],
    },
    { "@type": "type.googleapis.com/google.rpc.QuotaFailure", violations: [violation] },
    ...(retryS === undefined
      ? []
      : [{ "@type": "type.googleapis.com/google.rpc.RetryInfo", retryDelay: `${retryS}s` }]),
  ]);
}
