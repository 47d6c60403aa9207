import {
  BedrockRuntimeClient,
  BedrockRuntimeServiceException,
} from "@aws-sdk/client-bedrock-runtime";
import { asObject, asString, parseJson } from "../vendors/json-value.ts";
import type { Failure } from "./client.ts";

/** Clients of AWS's SDK, which are closed together. */
export interface AwsConnections {
  /** A client of its own. */
  readonly connect: () => BedrockRuntimeClient;
  readonly close: () => void;
}

/** Makes clients of AWS's SDK that sign with the key of the gateway's, by its name in the matrix. */
export function createAwsConnections(endpoint: string, secretAccessKey: string): AwsConnections {
  const client = new BedrockRuntimeClient({
    endpoint,
    region: "eu-west-1",
    credentials: { accessKeyId: "matrix", secretAccessKey },
    maxAttempts: 1,
  });
  return { connect: () => client, close: () => client.destroy() };
}

/** A failure as the SDK shows it. `callId`: that of the head, where the reply had begun. */
export function awsFailure(
  error: unknown,
  signal: AbortSignal | undefined,
  callId: string | undefined,
): Failure {
  const shown = error instanceof BedrockRuntimeServiceException ? error : undefined;
  const retryAfter = shown?.$response?.headers["retry-after"];
  const message = error instanceof Error ? error.message : String(error);
  return {
    kind: signal?.aborted === true ? "cancelled" : kindOf(shown, callId !== undefined),
    status: callId === undefined ? shown?.$metadata.httpStatusCode : undefined,
    type: shown?.name ?? "",
    message,
    retryAfterS: retryAfter === undefined ? undefined : Number(retryAfter),
    callId: callId ?? shown?.$metadata.requestId,
  };
}

function kindOf(
  shown: BedrockRuntimeServiceException | undefined,
  begun: boolean,
): Failure["kind"] {
  if (shown === undefined) return "other";
  if (begun) return "mid_stream";
  if (shown.name === "ValidationException") return "invalid_request";
  if (shown.name === "ThrottlingException") return "rate_limited";
  return (shown.$metadata.httpStatusCode ?? 0) >= 500 ? "server" : "other";
}

/** The proof itself; the gateway seals that of other vendors. */
export function openSeal(signature: string): string {
  const sealed = /^parlance\.([\w-]+)$/.exec(signature)?.[1];
  if (sealed === undefined) return signature;
  return asString(asObject(parseJson(Buffer.from(sealed, "base64url")))?.signature) ?? "";
}
