import type {
  Embedding,
  EmbedInput,
  EmbedResult,
  EmbedSpec,
} from "../../../../gen/parlance/embed/v1/embedding_pb.js";
import { EmbedEncoding } from "../../../../gen/parlance/embed/v1/embedding_pb.js";
import type { Decoded, FacadeContext } from "../../../core/dialect.ts";
import type { JsonObject } from "../../../json/json.ts";
import { type Body, membersOf } from "../../../json/members.ts";
import { rawJson, type Writable, writeJson } from "../../../json/write.ts";
import { noteUnknown, takeExtras } from "../../shared/notes/unknown-members.ts";
import {
  at,
  boolean,
  type Cursor,
  integer,
  openRequest,
  outcome,
  problem,
  requiredList,
  requiredName,
} from "../../shared/request-cursor.ts";
import { DIALECT } from "../wire.ts";

const KNOWN: ReadonlySet<string> = new Set(["model", "input", "dimensions", "truncate"]);
const KNOWN_LEGACY: ReadonlySet<string> = new Set(["model", "prompt"]);

/** Reads a request of `/api/embed`. Reports all problems at once. */
export function decodeEmbedRequest(json: JsonObject, body: Uint8Array): Decoded<EmbedSpec> {
  const cursor = openRequest(json, body);
  const dimensions = integer(cursor, "dimensions", [0, 1_000_000]) ?? 0;
  const truncate = boolean(cursor, "truncate");
  noteUnknown(cursor, KNOWN);
  const spec: EmbedSpec = {
    $typeName: "parlance.embed.v1.EmbedSpec",
    fallbacks: [],
    model: requiredName(cursor, "model"),
    inputs: decodeInputs(cursor),
    ...(dimensions === 0 ? undefined : { dimensions }),
    encoding: EmbedEncoding.UNSPECIFIED,
    user: "",
    inputType: "",
    truncate: truncate === undefined ? "" : String(truncate),
    extrasJson: takeExtras(cursor, DIALECT, 0),
  };
  return outcome(cursor, spec);
}

/** Reads a request of the former `/api/embeddings`, which has one prompt. */
export function decodePromptRequest(json: JsonObject, body: Uint8Array): Decoded<EmbedSpec> {
  const cursor = openRequest(json, body);
  noteUnknown(cursor, KNOWN_LEGACY);
  const value = requiredName(cursor, "prompt");
  const spec: EmbedSpec = {
    $typeName: "parlance.embed.v1.EmbedSpec",
    fallbacks: [],
    model: requiredName(cursor, "model"),
    inputs: [{ $typeName: "parlance.embed.v1.EmbedInput", input: { case: "text", value } }],
    encoding: EmbedEncoding.UNSPECIFIED,
    user: "",
    inputType: "",
    truncate: "",
    extrasJson: takeExtras(cursor, DIALECT, 0),
  };
  return outcome(cursor, spec);
}

/** The vector of the one prompt. */
export function encodePromptResponse(result: EmbedResult): string {
  const [embedding] = result.embeddings;
  return writeJson({ embedding: embedding === undefined ? [] : encodeVector(embedding) });
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

/** A text or a list of texts. */
function decodeInputs(cursor: Cursor): EmbedInput[] {
  const input = at(cursor, "input");
  const single = input !== undefined && typeof input.json === "string";
  const inputs = single ? [input] : requiredList(cursor, "input");
  return inputs.flatMap((input) => {
    const { json: value } = input;
    if (typeof value !== "string") return problem(input, "", "must be a string") ?? [];
    if (value === "") problem(input, "", "must not be empty");
    return [{ $typeName: "parlance.embed.v1.EmbedInput", input: { case: "text", value } } as const];
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
