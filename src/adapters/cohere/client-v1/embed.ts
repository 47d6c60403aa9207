import type { EmbedResult } from "../../../../gen/parlance/embed/v1/embedding_pb.js";
import type { FacadeContext } from "../../../core/dialect.ts";
import { arrayAt } from "../../../json/json.ts";
import { writeJson } from "../../../json/write.ts";
import { encodeEmbedResponse as encodeByType, encodeVector } from "../client/embed.ts";
import { encodeUsage } from "../usage.ts";

/**
 * Vectors as version 1 gives them (https://docs.cohere.com/reference/embed-v1, 2026-11): a list of
 * numbers for each input where the request names no kinds of vectors, and else lists by their kind.
 */
export function encodeEmbedResponse(result: EmbedResult, context: FacadeContext): string {
  const { json } = context.origin ?? { json: {} };
  if ((arrayAt(json, "embedding_types") ?? []).length > 0) return encodeByType(result, context);
  return writeJson({
    id: result.id === "" ? context.callId : result.id,
    texts: arrayAt(json, "texts") ?? [],
    embeddings: result.embeddings.map((embedding) => encodeVector(embedding)[1]),
    meta: {
      api_version: { version: "1" },
      ...(result.usage === undefined ? undefined : encodeUsage(result.usage)),
    },
    response_type: "embeddings_floats",
  });
}
