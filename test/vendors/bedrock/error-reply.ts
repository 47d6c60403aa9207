import { printException } from "../../upstream/print-event-stream.ts";
import type { Scenario } from "../scenario.ts";
import type { VendorReply } from "../vendor-reply.ts";

/** What Bedrock says of a failure: the kind stands in a header. */
export interface BedrockError {
  readonly status: number;
  readonly type: string;
  readonly message: string;
}

/** A request that is not as it must be. */
export function validation(message: string): BedrockError {
  return { status: 400, type: "ValidationException", message };
}

/**
 * The headers of every answer; the request id counts requests so that each is unique and
 * predictable.
 */
export function bedrockHeaders(
  ordinal: number,
  contentType = "application/json",
): Record<string, string> {
  return {
    date: "Thu, 01 Jan 2026 00:00:00 GMT",
    "content-type": contentType,
    "x-amzn-requestid": `00000000-0000-4000-8000-${ordinal.toString(16).padStart(12, "0")}`,
  };
}

/**
 * An error as HTTP tells it;
 * https://docs.aws.amazon.com/bedrock/latest/APIReference/API_runtime_Converse.html (2026-11).
 */
export function errorReply({ status, type, message }: BedrockError, ordinal: number): VendorReply {
  return {
    status,
    headers: {
      ...bedrockHeaders(ordinal),
      "x-amzn-errortype": `${type}:http://internal.amazon.com/coral/com.amazon.bedrock/`,
    },
    frames: [Buffer.from(JSON.stringify({ message }))],
    ending: "end",
  };
}

const unexpected =
  "The system encountered an unexpected error during processing. Try your request again.";

/** The exception within a stream. */
export const bedrockErrorFrame: Buffer = printException("modelStreamErrorException", {
  message: unexpected,
  originalStatusCode: 500,
});

/** Bedrock's 500. */
export function internalError(ordinal: number): VendorReply {
  return errorReply({ status: 500, type: "InternalServerException", message: unexpected }, ordinal);
}

const errors: Partial<Readonly<Record<Scenario["name"], BedrockError>>> = {
  e400: validation("The provided model identifier is invalid."),
  e401: {
    status: 403,
    type: "UnrecognizedClientException",
    message: "The security token included in the request is invalid.",
  },
  e403: {
    status: 403,
    type: "AccessDeniedException",
    message: "You don't have access to the model with the specified model ID.",
  },
  e404: {
    status: 404,
    type: "ResourceNotFoundException",
    message: "This model version has reached the end of its life.",
  },
  e413: {
    status: 413,
    type: "RequestEntityTooLargeException",
    message: "The request is too large.",
  },
  e429: {
    status: 429,
    type: "ThrottlingException",
    message: "Too many requests, please wait before trying again.",
  },
  e500: { status: 500, type: "InternalServerException", message: unexpected },
  e503: {
    status: 503,
    type: "ServiceUnavailableException",
    message: "Bedrock is unable to process your request.",
  },
  e529: {
    status: 429,
    type: "ModelNotReadyException",
    message: "Model is not ready for inference. Wait and try again.",
  },
  quota: {
    status: 400,
    type: "ServiceQuotaExceededException",
    message: "Your request exceeds the service quota for your account.",
  },
  "context-length": validation("Input is too long for requested model."),
};

/** The reply of an error scenario, or undefined when the scenario is not an error. */
export function errorOfScenario({ name }: Scenario, ordinal: number): VendorReply | undefined {
  const error = errors[name];
  return error === undefined ? undefined : errorReply(error, ordinal);
}
