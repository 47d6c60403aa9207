import type { Image } from "../../../../gen/parlance/chat/v1/part_pb.js";
import type {
  EmbedInput,
  EmbedResult,
  EmbedSpec,
} from "../../../../gen/parlance/embed/v1/embedding_pb.js";
import type { Decoded } from "../../../core/dialect.ts";
import { intAt, isObject, type Json, type JsonObject, stringAt } from "../../../json/json.ts";
import { unknownMembers } from "../../../json/members.ts";
import { noSource } from "../../../json/source-slice.ts";
import { writeJson } from "../../../json/write.ts";
import { unaryClient } from "../../shared/json-codec.ts";
import { decodeMedia } from "../media.ts";
import { DIALECT } from "../wire.ts";
import {
  createReader,
  memberOf,
  problem,
  type Reader,
  readerFault,
  readList,
  readObject,
  spellings,
} from "./request-cursor.ts";

/**
 * A client asks for embeddings by `batchEmbedContents` or `embedContent`; the answer is of the
 * shape that it expects.
 */
export const embedFacade = unaryClient({ decodeRequest, encodeResponse });

const KNOWN = spellings("model", "content", "taskType", "outputDimensionality");

/** The options of the first request of a batch hold for all. */
function decodeRequest(json: JsonObject): Decoded<EmbedSpec> {
  const reader = createReader();
  const batch = memberOf(json, "requests") !== undefined;
  const requests = batch ? readList(reader, json, "requests", "requests") : [json];
  const inputs = requests.flatMap((entry, at) =>
    decodeInput(reader, entry, batch ? `requests[${at}]` : ""),
  );
  if (requests.length === 0) problem(reader, "requests", "must not be empty");
  if (reader.problems.length > 0) return { ok: false, fault: readerFault(reader) };
  const first = isObject(requests[0]) ? requests[0] : {};
  const dimensions = intAt(first, "outputDimensionality");
  const extras = batch ? unknownMembers(first, noSource, KNOWN) : "";
  return {
    ok: true,
    value: {
      $typeName: "parlance.embed.v1.EmbedSpec",
      model: stringAt(json, "model") ?? "",
      inputs,
      ...(dimensions === undefined || dimensions < 1 ? undefined : { dimensions }),
      encoding: 0,
      user: "",
      inputType: stringAt(first, "taskType") ?? "",
      truncate: "",
      extrasJson: extras === "" ? {} : { [DIALECT]: extras },
    },
  };
}

function decodeInput(reader: Reader, json: Json, path: string): EmbedInput[] {
  const place = path === "" ? "content" : `${path}.content`;
  const content = isObject(json) ? readObject(reader, json, "content", place) : undefined;
  if (content === undefined) {
    problem(reader, place, "is required");
    return [];
  }
  const parts = readList(reader, content, "parts", `${place}.parts`).filter(isObject);
  const image = parts.length === 1 && parts[0] !== undefined ? imageOf(parts[0]) : undefined;
  if (image !== undefined) return [input({ case: "image", value: image })];
  if (parts.length === 0 || !parts.every((part) => typeof part.text === "string")) {
    problem(reader, `${place}.parts`, "must be texts or one picture");
    return [];
  }
  return [
    input({ case: "text", value: parts.map((part) => stringAt(part, "text") ?? "").join("") }),
  ];
}

function imageOf(part: JsonObject): Image | undefined {
  const media = decodeMedia(part);
  return media?.case === "image" ? { ...media.value } : undefined;
}

function input(value: EmbedInput["input"]): EmbedInput {
  return { $typeName: "parlance.embed.v1.EmbedInput", input: value };
}

/**
 * Both shapes at once where there is one vector, for the two methods share this code and their
 * clients read one of them.
 */
function encodeResponse(result: EmbedResult): string {
  const embeddings = result.embeddings.map(({ vector }) => ({
    values:
      vector.case === "floats"
        ? vector.value.values
        : vector.case === "floatBytes"
          ? floatsOf(vector.value)
          : [],
  }));
  const tokens = result.usage?.inputTokens;
  return writeJson({
    embeddings,
    ...(embeddings.length === 1 ? { embedding: embeddings[0] } : undefined),
    ...(tokens === undefined ? undefined : { usageMetadata: { promptTokenCount: tokens } }),
  });
}

function floatsOf(bytes: Uint8Array): readonly number[] {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  return Array.from({ length: Math.floor(bytes.length / 4) }, (_, at) =>
    view.getFloat32(at * 4, true),
  );
}
