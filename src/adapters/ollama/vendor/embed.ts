import type {
  Embedding,
  EmbedResult,
  EmbedSpec,
} from "../../../../gen/parlance/embed/v1/embedding_pb.js";
import { EmbedEncoding } from "../../../../gen/parlance/embed/v1/embedding_pb.js";
import type { Decoded, Encoded } from "../../../core/dialect.ts";
import { malformed } from "../../../core/faults/fault.ts";
import {
  createReport,
  dropped,
  type EncodeReport,
  mapped,
  reportDeclined,
} from "../../../core/fidelity/encode-report.ts";
import { arrayAt, isObject, type Json, stringAt } from "../../../json/json.ts";
import { type Body, unknownMembers } from "../../../json/members.ts";
import { noSource } from "../../../json/source-slice.ts";
import { writeJson } from "../../../json/write.ts";
import { addExtras } from "../../shared/add-extras.ts";
import { postJson } from "../../shared/post-json.ts";
import { embedFidelity } from "../fidelity.ts";
import { decodeUsage } from "../usage.ts";
import { DIALECT, EMBED_PATH, type OllamaOptions } from "../wire.ts";
import { decodeErrorLine } from "./error.ts";

/** A request of `/api/embed`. Inputs must be texts. See https://docs.ollama.com/api/embed. */
export function encodeEmbedRequest(spec: EmbedSpec, options: OllamaOptions): Decoded<Encoded> {
  const report = createReport(embedFidelity);
  const body: Body = {
    model: options.model,
    input: encodeInputs(spec),
    dimensions: spec.dimensions,
    truncate: encodeTruncate(spec.truncate, report),
  };
  if (spec.encoding === EmbedEncoding.INT8) dropped(report, "encoding");
  if (spec.encoding === EmbedEncoding.FLOAT || spec.encoding === EmbedEncoding.BASE64)
    mapped(report, "encoding");
  addExtras(body, spec.extrasJson[DIALECT], `extras_json["${DIALECT}"]`, report);
  reportDeclined(report, spec);
  if (report.fault !== undefined) return { ok: false, fault: report.fault };
  return {
    ok: true,
    value: { request: postJson(EMBED_PATH, writeJson(body)), report: report.entries },
  };
}

/**
 * Vectors in the order of their inputs, as `/api/embed` gives them, or the one vector of the former
 * `/api/embeddings`.
 */
export function decodeEmbedResponse(json: Json): Decoded<EmbedResult> {
  if (!isObject(json))
    return { ok: false, fault: malformed("the server's answer is not a JSON object") };
  const fault = decodeErrorLine(json);
  if (fault !== undefined) return { ok: false, fault };
  const vectors =
    arrayAt(json, "embeddings") ?? (json.embedding === undefined ? undefined : [json.embedding]);
  if (vectors === undefined)
    return { ok: false, fault: malformed("the server's answer has no embeddings") };
  const embeddings: Embedding[] = [];
  for (const [index, vector] of vectors.entries()) {
    if (!isVector(vector))
      return { ok: false, fault: malformed(`embeddings[${index}] is not a vector`) };
    const value = { $typeName: "parlance.embed.v1.FloatVector", values: vector } as const;
    embeddings.push({
      $typeName: "parlance.embed.v1.Embedding",
      index,
      vector: { case: "floats", value },
    });
  }
  const usage = decodeUsage(json);
  const extras = unknownMembers(json, noSource, KNOWN);
  return {
    ok: true,
    value: {
      $typeName: "parlance.embed.v1.EmbedResult",
      model: stringAt(json, "model") ?? "",
      embeddings,
      ...(usage === undefined ? undefined : { usage }),
      id: "",
      extrasJson: extras === "" ? {} : { [DIALECT]: extras },
    },
  };
}

const KNOWN: ReadonlySet<string> = new Set([
  "model",
  "embeddings",
  "embedding",
  "prompt_eval_count",
]);

function encodeInputs({ inputs }: EmbedSpec): string[] {
  return inputs.flatMap(({ input }) => (input.case === "text" ? [input.value] : []));
}

/** `truncate` is a switch here: inputs are cut at their end, or too long ones are an error. */
function encodeTruncate(word: string, report: EncodeReport): boolean | undefined {
  switch (word.toLowerCase()) {
    case "":
      return undefined;
    case "true":
    case "end":
      mapped(report, "truncate", "sent as true");
      return true;
    case "false":
    case "none":
      mapped(report, "truncate", "sent as false");
      return false;
    default:
      dropped(report, "truncate");
      return undefined;
  }
}

function isVector(json: Json): json is number[] {
  return Array.isArray(json) && json.every((value) => typeof value === "number");
}
