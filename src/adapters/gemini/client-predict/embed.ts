import type { EmbedResult, EmbedSpec } from "../../../../gen/parlance/embed/v1/embedding_pb.js";
import type { Decoded } from "../../../core/dialect.ts";
import {
  arrayAt,
  isObject,
  type Json,
  type JsonObject,
  objectAt,
  parseJson,
  stringAt,
} from "../../../json/json.ts";
import { type Body, isPresent } from "../../../json/members.ts";
import { rawJson, writeJson } from "../../../json/write.ts";
import { floatsOf } from "../../shared/answers/vector-numbers.ts";
import { noteUnknown, takeExtras } from "../../shared/notes/unknown-members.ts";
import {
  boolean,
  type Cursor,
  integer,
  object,
  objects,
  openRequest,
  outcome,
  problem,
  requiredList,
  requiredString,
  spellings,
  string,
} from "../../shared/request-cursor.ts";
import { DIALECT } from "../wire.ts";

const KNOWN = spellings("model", "stream", "instances", "parameters");
const INSTANCE = spellings("content", "taskType");
const PARAMETERS = spellings("outputDimensionality", "autoTruncate");

/** Whether a body is that of `predict`, as older clients of Vertex AI write it. */
export function isPrediction(json: JsonObject): boolean {
  return isPresent(json.instances);
}

/**
 * A client of Vertex AI asks for embeddings by `predict`. What stands beside the texts must be the
 * same for all, for one request has one purpose. See
 * https://docs.cloud.google.com/vertex-ai/generative-ai/docs/model-reference/text-embeddings-api.
 */
export function decodePrediction(json: JsonObject, body: Uint8Array): Decoded<EmbedSpec> {
  const cursor = openRequest(json, body, { protobuf: true });
  const instances = objects(requiredList(cursor, "instances"));
  const [first] = instances;
  const parameters = object(cursor, "parameters");
  const dimensions = parameters && integer(parameters, "outputDimensionality", [1, 1_000_000]);
  const truncates = parameters && boolean(parameters, "autoTruncate");
  const inputs = instances.flatMap(decodeInstance);
  for (const one of instances) requireSame(one, first?.json ?? {});
  if (first !== undefined) noteUnknown(first, INSTANCE);
  if (parameters !== undefined) noteUnknown(parameters, PARAMETERS);
  noteUnknown(cursor, KNOWN);
  return outcome(cursor, {
    $typeName: "parlance.embed.v1.EmbedSpec",
    fallbacks: [],
    model: stringAt(json, "model") ?? "",
    inputs,
    ...(dimensions === undefined ? undefined : { dimensions }),
    encoding: 0,
    user: "",
    inputType: (first && string(first, "taskType")) ?? "",
    truncate: truncates === undefined ? "" : truncates ? "END" : "NONE",
    extrasJson: takeExtras(first ?? cursor, DIALECT, 0),
  });
}

function decodeInstance(instance: Cursor): EmbedSpec["inputs"] {
  const value = requiredString(instance, "content");
  if (instance.json.content === "") problem(instance, "content", "must not be empty");
  return [{ $typeName: "parlance.embed.v1.EmbedInput", input: { case: "text", value } }];
}

/** Members of the first instance hold for all: extras have no place for those of each. */
function requireSame(instance: Cursor, first: JsonObject): void {
  for (const key of new Set([...Object.keys(first), ...Object.keys(instance.json)])) {
    const differs = JSON.stringify(instance.json[key]) !== JSON.stringify(first[key]);
    if (key !== "content" && differs)
      problem(
        instance,
        key,
        "must be that of the first instance: send them in requests of their own",
      );
  }
}

/**
 * The answer of `predict`. Tokens of each text are the vendor's where it says them; where it gives
 * only their sum, that stands with the first and 0 with the others, so that sums stay right.
 */
export function encodePrediction(result: EmbedResult): string {
  const { known, rest } = readExtras(result.extrasJson[DIALECT]);
  const total = Number(result.usage?.inputTokens ?? 0n);
  const predictions = result.embeddings.map((embedding, at) => ({
    embeddings: {
      values: floatsOf(embedding) ?? [],
      statistics: known[at] ?? { token_count: at === 0 ? total : 0, truncated: false },
    },
  }));
  return writeJson({ predictions, ...rest });
}

/** What Vertex AI says of each text, and the other members of its answer. */
function readExtras(text = "{}"): { readonly known: readonly (Body | undefined)[]; rest: Body } {
  const parsed = parseJson(Buffer.from(text));
  const json = parsed.ok && isObject(parsed.value) ? parsed.value : {};
  const { predictions: _, ...others } = json;
  const known = (arrayAt(json, "predictions") ?? []).map(statisticsOf);
  const rest = Object.entries(others).map(
    ([key, value]) => [key, rawJson(JSON.stringify(value))] as const,
  );
  return { known, rest: Object.fromEntries(rest) };
}

function statisticsOf(prediction: Json): Body | undefined {
  const embeddings = isObject(prediction) ? objectAt(prediction, "embeddings") : undefined;
  const statistics = embeddings && objectAt(embeddings, "statistics");
  return (
    statistics &&
    Object.fromEntries(
      Object.entries(statistics).map(([key, value]) => [key, rawJson(JSON.stringify(value))]),
    )
  );
}
