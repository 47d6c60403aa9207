import type { Usage } from "../../../../gen/parlance/chat/v1/usage_pb.js";
import type { Embedding, EmbedResult } from "../../../../gen/parlance/embed/v1/embedding_pb.js";
import type { Decoded } from "../../../core/dialect.ts";
import { malformed } from "../../../core/faults/fault.ts";
import {
  arrayAt,
  intAt,
  isObject,
  type Json,
  type JsonObject,
  objectAt,
} from "../../../json/json.ts";
import { membersOf, printMembers, unknownMembers } from "../../../json/members.ts";
import { noSource } from "../../../json/source-slice.ts";
import { DIALECT } from "../wire.ts";

/** The vectors of `batchEmbedContents`, `embedContent` or `predict`, in the order of the inputs. */
export function decodeEmbeddings(json: Json): Decoded<EmbedResult> {
  if (!isObject(json))
    return { ok: false, fault: malformed("the vendor's answer is not a JSON object") };
  const embeddings = vectorsOf(json)?.map(decodeVector);
  if (embeddings === undefined)
    return { ok: false, fault: malformed("the vendor's answer has no embeddings") };
  const whole = embeddings.filter((embedding) => embedding !== undefined);
  if (whole.length < embeddings.length) {
    return {
      ok: false,
      fault: malformed("an embedding of the vendor's answer is not a list of numbers"),
    };
  }
  const usage = usageOf(json);
  const extras = extrasOf(json);
  return {
    ok: true,
    value: {
      $typeName: "parlance.embed.v1.EmbedResult",
      model: "",
      embeddings: whole,
      ...(usage === undefined ? undefined : { usage }),
      id: "",
      extrasJson: extras === "" ? {} : { [DIALECT]: extras },
    },
  };
}

const KNOWN: ReadonlySet<string> = new Set([
  "embeddings",
  "embedding",
  "predictions",
  "usageMetadata",
]);

/** What is said beside the vectors; of each prediction too, such as the tokens of its text. */
function extrasOf(json: JsonObject): string {
  const rest = new Map(membersOf(unknownMembers(json, noSource, KNOWN)));
  const predictions = arrayAt(json, "predictions")?.map((prediction) => {
    const statistics = statisticsOf(prediction);
    return statistics === undefined ? {} : { embeddings: { statistics } };
  });
  if (predictions !== undefined && predictions.length > 0)
    rest.set("predictions", JSON.stringify(predictions));
  return rest.size === 0 ? "" : printMembers(rest);
}

function vectorsOf(json: JsonObject): readonly Json[] | undefined {
  const one = objectAt(json, "embedding");
  if (one !== undefined) return [one];
  const predictions = arrayAt(json, "predictions");
  if (predictions === undefined) return arrayAt(json, "embeddings");
  return predictions.map((prediction) =>
    isObject(prediction) ? (prediction.embeddings ?? null) : null,
  );
}

function decodeVector(json: Json, index: number): Embedding | undefined {
  const values = isObject(json) ? arrayAt(json, "values") : undefined;
  const numbers = values?.filter((value) => typeof value === "number");
  if (numbers === undefined || numbers.length !== values?.length) return undefined;
  const vector = { $typeName: "parlance.embed.v1.FloatVector", values: numbers } as const;
  return {
    $typeName: "parlance.embed.v1.Embedding",
    index,
    vector: { case: "floats", value: vector },
  };
}

/** Tokens of all inputs: reported for the whole, or for each prediction. */
function usageOf(json: JsonObject): Usage | undefined {
  const whole = objectAt(json, "usageMetadata");
  const counts =
    whole === undefined
      ? (arrayAt(json, "predictions") ?? []).map(tokensOf)
      : [intAt(whole, "promptTokenCount") ?? intAt(whole, "totalTokenCount")];
  const counted = counts.filter((count) => count !== undefined && count >= 0);
  if (counted.length === 0) return undefined;
  const tokens = counted.reduce((sum: bigint, count) => sum + BigInt(count ?? 0), 0n);
  return {
    $typeName: "parlance.chat.v1.Usage",
    inputTokens: tokens,
    totalTokens: tokens,
    toolUses: {},
    serviceTier: "",
    extrasJson: {},
  };
}

function tokensOf(prediction: Json): number | undefined {
  const statistics = statisticsOf(prediction);
  return statistics === undefined ? undefined : intAt(statistics, "token_count");
}

function statisticsOf(prediction: Json): JsonObject | undefined {
  const embeddings = isObject(prediction) ? objectAt(prediction, "embeddings") : undefined;
  return embeddings === undefined ? undefined : objectAt(embeddings, "statistics");
}
