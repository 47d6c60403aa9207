import {
  EmbedEncoding,
  type EmbedInput,
  type EmbedSpec,
} from "../../../../gen/parlance/embed/v1/embedding_pb.js";
import { ErrorReason } from "../../../../gen/parlance/error/v1/error_reason_pb.js";
import type { Decoded, Encoded } from "../../../core/dialect.ts";
import {
  createReport,
  dropped,
  type EncodeReport,
  mapped,
  refuse,
  reportDeclined,
} from "../../../core/fidelity/encode-report.ts";
import { type Body, mergeMembers } from "../../../json/members.ts";
import { writeJson } from "../../../json/write.ts";
import { jsonCodec } from "../../shared/json-codec.ts";
import { postJson } from "../../shared/post-json.ts";
import { embedFidelity } from "../fidelity.ts";
import { encodeMedia } from "../media.ts";
import { DIALECT, type GeminiOptions, isVertex, methodPath, resourceName } from "../wire.ts";
import { decodeEmbeddings } from "./embed-response.ts";

/**
 * Embeddings: `batchEmbedContents` at Google AI Studio, `predict` at Vertex AI, and `embedContent`
 * for those of its models that are served so, one input a call. Extras of this dialect are added to
 * each input's own options. See https://ai.google.dev/api/embeddings and
 * https://cloud.google.com/vertex-ai/generative-ai/docs/model-reference/text-embeddings-api.
 */
export const embed = jsonCodec({
  encodeRequest: encodeEmbedRequest,
  decodeResponse: decodeEmbeddings,
});

function encodeEmbedRequest(spec: EmbedSpec, options: GeminiOptions): Decoded<Encoded> {
  const report = createReport(embedFidelity);
  const method = isVertex(options)
    ? servesContent(options)
      ? "embedContent"
      : "predict"
    : "batchEmbedContents";
  const taskType = taskTypeOf(spec.inputType, report);
  if (spec.encoding === EmbedEncoding.FLOAT || spec.encoding === EmbedEncoding.BASE64)
    mapped(report, "encoding");
  if (spec.encoding === EmbedEncoding.INT8) dropped(report, "encoding");
  const autoTruncate = truncateOf(spec.truncate, method, report);
  const settings = { taskType, outputDimensionality: spec.dimensions, autoTruncate };
  const body = encodeBody(spec, settings, method, options.model, report);
  reportDeclined(report, spec);
  if (report.fault !== undefined) return { ok: false, fault: report.fault };
  return {
    ok: true,
    value: {
      request: postJson(methodPath(options, method), writeJson(body)),
      report: report.entries,
    },
  };
}

/**
 * Whether Vertex AI serves the embedding model by `embedContent`; its older ones it serves by
 * `predict`.
 */
export function servesContent({ model, quirks }: Pick<GeminiOptions, "model" | "quirks">): boolean {
  const declared = quirks.embedContent;
  if (typeof declared === "boolean") return declared;
  return (
    (model.includes("gemini") && !model.includes("gemini-embedding-001")) || model.includes("maas")
  );
}

interface Settings {
  readonly taskType: string | undefined;
  readonly outputDimensionality: number | undefined;
  readonly autoTruncate: boolean | undefined;
}

type EmbedMethod = "embedContent" | "predict" | "batchEmbedContents";

function encodeBody(
  spec: EmbedSpec,
  settings: Settings,
  method: EmbedMethod,
  model: string,
  report: EncodeReport,
): Body {
  const { taskType, outputDimensionality, autoTruncate } = settings;
  if (method === "predict") {
    const instances = spec.inputs.map((input, at) =>
      withExtras(
        { content: textOf(input, `inputs[${at}]`, report), task_type: taskType },
        spec,
        report,
      ),
    );
    const parameters = { outputDimensionality, autoTruncate };
    const hasParameters = outputDimensionality !== undefined || autoTruncate !== undefined;
    return { instances, ...(hasParameters ? { parameters } : undefined) };
  }
  const contents = spec.inputs.map((input, at) => ({
    parts: [partOf(input, `inputs[${at}]`, report)],
  }));
  if (method === "batchEmbedContents") {
    const name = resourceName(model);
    return {
      requests: contents.map((content) =>
        withExtras({ model: name, content, taskType, outputDimensionality }, spec, report),
      ),
    };
  }
  if (contents.length > 1) {
    refuse(
      report,
      ErrorReason.UNSUPPORTED,
      "inputs",
      "the model takes one input a call; ask several times",
    );
  }
  const config = { taskType, outputDimensionality, autoTruncate };
  const hasConfig = Object.values(config).some((value) => value !== undefined);
  return withExtras(
    { content: contents[0], ...(hasConfig ? { embedContentConfig: config } : undefined) },
    spec,
    report,
  );
}

function withExtras(body: Body, spec: EmbedSpec, report: EncodeReport): Body {
  const extras = spec.extrasJson[DIALECT];
  if (extras !== undefined && !mergeMembers(body, extras)) {
    refuse(
      report,
      ErrorReason.INVALID_REQUEST,
      `extras_json["${DIALECT}"]`,
      "must be a JSON object",
    );
  }
  return body;
}

function textOf({ input }: EmbedInput, path: string, report: EncodeReport): string {
  if (input.case === "text") return input.value;
  refuse(report, ErrorReason.UNSUPPORTED, path, "the model takes text only");
  return "";
}

function partOf({ input }: EmbedInput, path: string, report: EncodeReport): Body {
  if (input.case === "text") return { text: input.value };
  const media =
    input.case === "image" ? encodeMedia({ case: "image", value: input.value }) : undefined;
  if (media !== undefined) return media.body;
  refuse(
    report,
    ErrorReason.UNSUPPORTED,
    path,
    "the vendor takes text and pictures, and no token ids",
  );
  return {};
}

/** Words of other vendors for what the vectors are for; the vendor's own are passed on. */
const taskTypes: ReadonlyMap<string, string> = new Map([
  ["search_query", "RETRIEVAL_QUERY"],
  ["query", "RETRIEVAL_QUERY"],
  ["search_document", "RETRIEVAL_DOCUMENT"],
  ["document", "RETRIEVAL_DOCUMENT"],
  ["passage", "RETRIEVAL_DOCUMENT"],
  ["classification", "CLASSIFICATION"],
  ["clustering", "CLUSTERING"],
  ["similarity", "SEMANTIC_SIMILARITY"],
]);

function taskTypeOf(inputType: string, report: EncodeReport): string | undefined {
  if (inputType === "") return undefined;
  const word = taskTypes.get(inputType.toLowerCase());
  if (word !== undefined && word !== inputType) mapped(report, "input_type", `sent as ${word}`);
  return word ?? inputType;
}

function truncateOf(word: string, method: EmbedMethod, report: EncodeReport): boolean | undefined {
  if (word === "") return undefined;
  const known = /^(?:end|true)$/i.test(word)
    ? true
    : /^(?:none|false)$/i.test(word)
      ? false
      : undefined;
  if (known === undefined || method === "batchEmbedContents") {
    dropped(report, "truncate");
    return undefined;
  }
  mapped(report, "truncate", `sent as autoTruncate ${known}`);
  return known;
}
