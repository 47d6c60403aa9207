import type { Image } from "../../../../gen/parlance/chat/v1/part_pb.js";
import type {
  EmbedInput,
  EmbedResult,
  EmbedSpec,
} from "../../../../gen/parlance/embed/v1/embedding_pb.js";
import type { Decoded, FacadeContext } from "../../../core/dialect.ts";
import { intAt, type JsonObject, stringAt } from "../../../json/json.ts";
import { writeJson } from "../../../json/write.ts";
import { floatsOf } from "../../shared/answers/vector-numbers.ts";
import { unaryClient } from "../../shared/json-codec.ts";
import { noteUnknown, takeExtras } from "../../shared/notes/unknown-members.ts";
import {
  type Cursor,
  list,
  member,
  object,
  objects,
  openRequest,
  outcome,
  problem,
  requiredList,
  requiredObject,
  spellings,
} from "../../shared/request-cursor.ts";
import { decodePrediction, encodePrediction, isPrediction } from "../client-predict/embed.ts";
import { decodeMedia } from "../media.ts";
import { DIALECT } from "../wire.ts";

/**
 * A client asks for embeddings by `batchEmbedContents`, `embedContent` or `predict`; the answer is
 * of the shape that it expects.
 */
export const embedFacade = unaryClient({
  decodeRequest: (json: JsonObject, body: Uint8Array) =>
    (isPrediction(json) ? decodePrediction : decodeRequest)(json, body),
  encodeResponse: (result: EmbedResult, { origin }: FacadeContext) =>
    origin !== undefined && isPrediction(origin.json)
      ? encodePrediction(result)
      : encodeResponse(result),
});

const KNOWN = spellings("model", "content", "taskType", "outputDimensionality");

const BATCH = spellings("model", "requests");

const CONTENT = new Set(["role", "parts"]);

const TEXT = new Set(["text"]);

const MEDIA = spellings("inlineData", "fileData");

const MEDIA_MEMBERS = spellings("mimeType", "data", "fileUri");

/** The options of the first request of a batch hold for all. */
function decodeRequest(json: JsonObject, body: Uint8Array): Decoded<EmbedSpec> {
  const cursor = openRequest(json, body, { protobuf: true });
  const batch = member(cursor, "requests") !== undefined;
  const requests = batch ? objects(requiredList(cursor, "requests")) : [cursor];
  const inputs = requests.flatMap(decodeInput);
  const first = requests[0]?.json ?? {};
  const dimensions = intAt(first, "outputDimensionality");
  for (const request of requests) noteUnknown(request, KNOWN);
  if (batch) noteUnknown(cursor, BATCH);
  return outcome(cursor, {
    $typeName: "parlance.embed.v1.EmbedSpec",
    fallbacks: [],
    model: stringAt(json, "model") ?? "",
    inputs,
    ...(dimensions === undefined || dimensions < 1 ? undefined : { dimensions }),
    encoding: 0,
    user: "",
    inputType: stringAt(first, "taskType") ?? "",
    truncate: "",
    extrasJson: takeExtras(requests[0] ?? cursor, DIALECT, 0),
  });
}

function decodeInput(request: Cursor): EmbedInput[] {
  const content = requiredObject(request, "content");
  if (content === undefined) return [];
  const cursors = objects(list(content, "parts"));
  const parts = cursors.map(({ json }) => json);
  noteUnknown(content, CONTENT);
  for (const part of cursors) notePart(part);
  const image = parts.length === 1 && parts[0] !== undefined ? imageOf(parts[0]) : undefined;
  if (image !== undefined) return [input({ case: "image", value: image })];
  if (parts.length === 0 || !parts.every((part) => typeof part.text === "string")) {
    problem(content, "parts", "must be texts or one picture");
    return [];
  }
  return [
    input({ case: "text", value: parts.map((part) => stringAt(part, "text") ?? "").join("") }),
  ];
}

function notePart(part: Cursor): void {
  if (typeof part.json.text === "string") noteUnknown(part, TEXT);
  else {
    noteUnknown(part, MEDIA);
    const media = object(part, "inlineData") ?? object(part, "fileData");
    if (media !== undefined) noteUnknown(media, MEDIA_MEMBERS);
  }
}

function imageOf(part: JsonObject): Image | undefined {
  const media = decodeMedia(part);
  return media?.case === "image" ? { ...media.value } : undefined;
}

function input(value: EmbedInput["input"]): EmbedInput {
  return { $typeName: "parlance.embed.v1.EmbedInput", input: value };
}

/**
 * Both shapes at once where there is one vector, for two methods share this code and their
 * clients read one of them.
 */
function encodeResponse(result: EmbedResult): string {
  const embeddings = result.embeddings.map((one) => ({ values: floatsOf(one) ?? [] }));
  const tokens = result.usage?.inputTokens;
  return writeJson({
    embeddings,
    ...(embeddings.length === 1 ? { embedding: embeddings[0] } : undefined),
    ...(tokens === undefined ? undefined : { usageMetadata: { promptTokenCount: tokens } }),
  });
}
