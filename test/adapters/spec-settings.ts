import { create, type MessageInitShape } from "@bufbuild/protobuf";
import { type EmbedSpec, EmbedSpecSchema } from "../../gen/parlance/embed/v1/embedding_pb.js";
import {
  type ModerationPartSchema,
  type ModerationSpec,
  ModerationSpecSchema,
} from "../../gen/parlance/moderation/v1/moderation_pb.js";
import { type RerankSpec, RerankSpecSchema } from "../../gen/parlance/rerank/v1/ranking_pb.js";

/** A request for embeddings in which a field of the contract makes sense. */
export function embedSettings(path: string): readonly EmbedSpec[] {
  const input: MessageInitShape<typeof EmbedSpecSchema>["inputs"] = path.startsWith(
    "inputs[].image",
  )
    ? [
        {
          input: {
            case: "image",
            value: {
              source: { case: "data", value: Buffer.from("some bytes") },
              mediaType: "image/png",
            },
          },
        },
      ]
    : [{ input: { case: "text", value: "hello" } }];
  return [create(EmbedSpecSchema, { model: "asked", inputs: input })];
}

/** A request for moderations in which a field of the contract makes sense. */
export function moderateSettings(path: string): readonly ModerationSpec[] {
  const part: MessageInitShape<typeof ModerationPartSchema> = path.startsWith(
    "inputs[].parts[].image",
  )
    ? {
        part: {
          case: "image",
          value: {
            source: { case: "data", value: Buffer.from("some bytes") },
            mediaType: "image/png",
          },
        },
      }
    : { part: { case: "text", value: "hello" } };
  return [create(ModerationSpecSchema, { model: "asked", inputs: [{ parts: [part] }] })];
}

/** A request for a ranking in which a field of the contract makes sense. */
export function rerankSettings(path: string): readonly RerankSpec[] {
  const document: MessageInitShape<typeof RerankSpecSchema>["documents"] =
    path === "rank_fields" || path.startsWith("documents[].object_json")
      ? [{ document: { case: "objectJson", value: '{"title":"a","text":"b"}' } }]
      : [{ document: { case: "text", value: "a" } }];
  return [create(RerankSpecSchema, { model: "asked", query: "which", documents: document })];
}
