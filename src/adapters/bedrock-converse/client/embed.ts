import type { EmbedResult, EmbedSpec } from "../../../../gen/parlance/embed/v1/embedding_pb.js";
import type { ClientCodec, Decoded, FacadeContext } from "../../../core/dialect.ts";
import { invalidField } from "../../../core/faults/fault.ts";
import type { JsonObject } from "../../../json/json.ts";
import { isPresent } from "../../../json/members.ts";
import { unaryClient } from "../../shared/json-codec.ts";
import { decodeCohereRequest, encodeCohereAnswer } from "../embed/cohere.ts";
import { decodeNovaRequest, encodeNovaAnswer } from "../embed/nova.ts";
import { decodeTitanRequest, encodeTitanAnswer } from "../embed/titan.ts";

/** Whose body of InvokeModel asks for embeddings. */
export type EmbedForm = "titan" | "cohere" | "nova";

/** The maker of a body's form, by its own members; undefined: it asks for no embeddings. */
export function embedFormOf(json: JsonObject): EmbedForm | undefined {
  const has = (member: string): boolean => isPresent(json[member]);
  if (has("messages") || has("anthropic_version")) return undefined;
  if (has("singleEmbeddingParams") || has("segmentedEmbeddingParams")) return "nova";
  if ((has("inputText") || has("inputImage")) && !has("textGenerationConfig")) return "titan";
  return has("texts") || has("images") || has("inputs") ? "cohere" : undefined;
}

/**
 * Embeddings by InvokeModel: the body is that of Titan, Cohere or Nova, whichever model of ours the
 * path names, and the answer is in the same maker's form. See
 * https://docs.aws.amazon.com/bedrock/latest/userguide/model-parameters.html.
 */
export const invokeEmbed: ClientCodec<EmbedSpec, EmbedResult> = unaryClient({
  decodeRequest,
  encodeResponse,
});

function decodeRequest(json: JsonObject, body: Uint8Array): Decoded<EmbedSpec> {
  if (json.stream === true) return { ok: false, fault: invalidField("model", NOT_STREAMED) };
  const { stream: _, ...request } = json;
  switch (embedFormOf(json)) {
    case "titan":
      return decodeTitanRequest(request, body);
    case "nova":
      return decodeNovaRequest(request, body);
    case "cohere":
    case undefined:
      return decodeCohereRequest(request, body);
  }
}

const NOT_STREAMED = "embeddings are not streamed: call InvokeModel";

function encodeResponse(result: EmbedResult, context: FacadeContext): string {
  const request = context.origin?.json ?? {};
  switch (embedFormOf(request)) {
    case "titan":
      return encodeTitanAnswer(result, request);
    case "nova":
      return encodeNovaAnswer(result, request);
    case "cohere":
    case undefined:
      return encodeCohereAnswer(result, request, context.callId);
  }
}
