import type {
  Embedding,
  EmbedInput,
  EmbedResult,
  EmbedSpec,
} from "../../../../gen/parlance/embed/v1/embedding_pb.js";
import { EmbedEncoding } from "../../../../gen/parlance/embed/v1/embedding_pb.js";
import type { Decoded, FacadeContext } from "../../../core/dialect.ts";
import type { Json, JsonObject } from "../../../json/json.ts";
import { type Body, membersOf, unknownMembers } from "../../../json/members.ts";
import { wholeSource } from "../../../json/source-slice.ts";
import { rawJson, type Writable, writeJson } from "../../../json/write.ts";
import {
  blame,
  boolean,
  createReader,
  integer,
  outcome,
  type Reader,
  string,
} from "../../shared/request-reader.ts";
import { DIALECT } from "../wire.ts";

const KNOWN: ReadonlySet<string> = new Set(["model", "input", "dimensions", "truncate"]);

/** Reads a request of `/api/embed`. All that is wrong is told at once. */
export function decodeEmbedRequest(json: JsonObject, body: Uint8Array): Decoded<EmbedSpec> {
  const reader = createReader();
  const dimensions = integer(reader, json, "dimensions", 0, 1_000_000) ?? 0;
  const truncate = boolean(reader, json, "truncate");
  const extras = unknownMembers(json, wholeSource(body), KNOWN);
  const spec: EmbedSpec = {
    $typeName: "parlance.embed.v1.EmbedSpec",
    model: string(reader, json, "model") ?? "",
    inputs: decodeInputs(reader, json.input),
    ...(dimensions === 0 ? undefined : { dimensions }),
    encoding: EmbedEncoding.UNSPECIFIED,
    user: "",
    inputType: "",
    truncate: truncate === undefined ? "" : String(truncate),
    extrasJson: extras === "" ? {} : { [DIALECT]: extras },
  };
  if (spec.model === "") blame(reader, "model", "is required");
  return outcome(reader, spec);
}

/** Vectors as numbers, in the order of their inputs. */
export function encodeEmbedResponse(result: EmbedResult, context: FacadeContext): string {
  const body: Body = {
    model: result.model === "" ? context.model : result.model,
    embeddings: result.embeddings.map(encodeVector),
    prompt_eval_count: result.usage?.inputTokens,
  };
  for (const [key, text] of membersOf(result.extrasJson[DIALECT] ?? "{}") ?? []) {
    if (body[key] === undefined && key !== "error") body[key] = rawJson(text);
  }
  return writeJson(body);
}

function decodeInputs(reader: Reader, json: Json | undefined): EmbedInput[] {
  const texts: readonly Json[] = Array.isArray(json) ? json : json === undefined ? [] : [json];
  if (texts.length === 0)
    blame(reader, "input", "must be a string or a non-empty array of strings");
  return texts.flatMap((text, at) => {
    if (typeof text === "string" && text !== "") {
      return [
        {
          $typeName: "parlance.embed.v1.EmbedInput",
          input: { case: "text", value: text },
        } as const,
      ];
    }
    blame(reader, Array.isArray(json) ? `input[${at}]` : "input", "must be a non-empty string");
    return [];
  });
}

function encodeVector({ vector }: Embedding): Writable {
  switch (vector.case) {
    case "floats":
      return vector.value.values;
    case "floatBytes": {
      const view = new DataView(
        vector.value.buffer,
        vector.value.byteOffset,
        vector.value.byteLength,
      );
      return Array.from({ length: Math.floor(view.byteLength / 4) }, (_, at) =>
        view.getFloat32(at * 4, true),
      );
    }
    case "int8Bytes":
      return Array.from(vector.value, (byte) => (byte > 127 ? byte - 256 : byte));
    case undefined:
      return [];
  }
}
