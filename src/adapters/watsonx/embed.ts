import type { Usage } from "../../../gen/parlance/chat/v1/usage_pb.js";
import type {
  Embedding,
  EmbedResult,
  EmbedSpec,
} from "../../../gen/parlance/embed/v1/embedding_pb.js";
import { EmbedEncoding } from "../../../gen/parlance/embed/v1/embedding_pb.js";
import type { Codec, Decoded, Encoded } from "../../core/dialect.ts";
import { type Fault, malformed } from "../../core/faults/fault.ts";
import {
  createReport,
  dropped,
  type EncodeReport,
  mapped,
  reportDeclined,
} from "../../core/fidelity/encode-report.ts";
import { arrayAt, intAt, isObject, type Json, type JsonObject, stringAt } from "../../json/json.ts";
import { type Body, unknownMembers } from "../../json/members.ts";
import { noSource } from "../../json/source-slice.ts";
import { writeJson } from "../../json/write.ts";
import { addExtras } from "../shared/add-extras.ts";
import { postJson } from "../shared/post-json.ts";
import { embedFidelity } from "./fidelity.ts";
import { DIALECT, pathOf, scoped, type WatsonxOptions } from "./wire.ts";

const known: ReadonlySet<string> = new Set([
  "model_id",
  "results",
  "created_at",
  "input_token_count",
]);

/** Vectors. See https://cloud.ibm.com/apidocs/watsonx-ai#text-embeddings. */
export function createEmbed(
  readFault: (json: JsonObject) => Fault | undefined,
): Codec<EmbedSpec, EmbedResult> {
  return { encodeRequest, decodeResponse: ({ json }) => decodeResponse(json, readFault) };
}

function encodeRequest(spec: EmbedSpec, options: WatsonxOptions): Decoded<Encoded> {
  const report = createReport(embedFidelity);
  const draft = scoped(options, {
    inputs: encodeInputs(spec),
    parameters: encodeTruncate(spec.truncate, report),
  });
  if (spec.encoding === EmbedEncoding.INT8) dropped(report, "encoding");
  if (spec.encoding === EmbedEncoding.FLOAT || spec.encoding === EmbedEncoding.BASE64)
    mapped(report, "encoding");
  addExtras(draft, spec.extrasJson[DIALECT], `extras_json["${DIALECT}"]`, report);
  reportDeclined(report, spec);
  if (report.fault !== undefined) return { ok: false, fault: report.fault };
  const request = postJson(pathOf("embeddings", options), writeJson(draft));
  return { ok: true, value: { request, report: report.entries } };
}

function encodeInputs({ inputs }: EmbedSpec): string[] {
  return inputs.flatMap(({ input }) => (input.case === "text" ? [input.value] : []));
}

/** Inputs are cut at a number of tokens; without one the vendor refuses what is too long. */
function encodeTruncate(word: string, report: EncodeReport): Body | undefined {
  if (word === "") return undefined;
  if (/^[1-9]\d{0,8}$/.test(word)) {
    mapped(report, "truncate", "sent as parameters.truncate_input_tokens");
    return { truncate_input_tokens: Number(word) };
  }
  if (/^(?:none|false)$/i.test(word)) mapped(report, "truncate", "the vendor's default");
  else dropped(report, "truncate");
  return undefined;
}

function decodeResponse(
  json: Json,
  readFault: (json: JsonObject) => Fault | undefined,
): Decoded<EmbedResult> {
  if (!isObject(json)) return { ok: false, fault: malformed("the answer is not a JSON object") };
  const fault = readFault(json);
  if (fault !== undefined) return { ok: false, fault };
  const embeddings: Embedding[] = [];
  for (const [at, item] of (arrayAt(json, "results") ?? [undefined]).entries()) {
    const values = isObject(item) ? item.embedding : undefined;
    if (!isVector(values)) return { ok: false, fault: malformed(`results[${at}] has no vector`) };
    const vector = {
      case: "floats",
      value: { $typeName: "parlance.embed.v1.FloatVector", values },
    } as const;
    embeddings.push({ $typeName: "parlance.embed.v1.Embedding", index: at, vector });
  }
  const usage = decodeUsage(json);
  const extras = unknownMembers(json, noSource, known);
  return {
    ok: true,
    value: {
      $typeName: "parlance.embed.v1.EmbedResult",
      model: stringAt(json, "model_id") ?? "",
      embeddings,
      ...(usage === undefined ? undefined : { usage }),
      id: "",
      extrasJson: extras === "" ? {} : { [DIALECT]: extras },
    },
  };
}

/** The usage of a call: `input_token_count`. Undefined where it is absent. */
export function decodeUsage(json: JsonObject): Usage | undefined {
  const count = intAt(json, "input_token_count");
  if (count === undefined || count < 0) return undefined;
  const inputTokens = BigInt(count);
  return {
    $typeName: "parlance.chat.v1.Usage",
    inputTokens,
    toolUses: {},
    serviceTier: "",
    extrasJson: {},
  };
}

function isVector(json: Json | undefined): json is number[] {
  return Array.isArray(json) && json.every((value) => typeof value === "number");
}
