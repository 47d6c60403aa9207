import type { EmbedResult, EmbedSpec } from "../../../../gen/parlance/embed/v1/embedding_pb.js";
import { ErrorReason } from "../../../../gen/parlance/error/v1/error_reason_pb.js";
import type { Decoded, Encoded } from "../../../core/dialect.ts";
import { malformed } from "../../../core/faults/fault.ts";
import {
  createReport,
  type EncodeReport,
  refuse,
  reportDeclined,
} from "../../../core/fidelity/encode-report.ts";
import { servedModel } from "../../../core/target/served-model.ts";
import { isObject, type Json } from "../../../json/json.ts";
import type { Body } from "../../../json/members.ts";
import { writeJson } from "../../../json/write.ts";
import { jsonCodec } from "../../shared/json-codec.ts";
import { addExtras } from "../vendor/request.ts";
import { type ConverseOptions, wireRequest } from "../wire.ts";
import { decodeCohere, encodeCohere } from "./cohere.ts";
import { embedFidelity } from "./fidelity.ts";
import { decodeNova, encodeNova } from "./nova.ts";
import { decodeTitan, encodeTitan } from "./titan.ts";

/**
 * Embeddings by InvokeModel, whose bodies are those of the model's maker: Titan, Cohere and Nova.
 */
export const embed = jsonCodec({
  encodeRequest: encodeEmbedRequest,
  decodeResponse: decodeEmbedResponse,
});

/**
 * How many inputs one call takes; a caller with more must ask several times. Undefined: the model
 * is none that is known.
 */
export function embedInputLimit(model: string): number | undefined {
  switch (embedFamily(model)) {
    case "titan-text":
    case "titan-text-v2":
    case "titan-image":
    case "nova":
      return 1;
    case "cohere":
    case "cohere-v4":
      return 96;
    case undefined:
      return undefined;
  }
}

type EmbedFamily = "titan-text" | "titan-text-v2" | "titan-image" | "cohere" | "cohere-v4" | "nova";

function encodeEmbedRequest(spec: EmbedSpec, options: ConverseOptions): Decoded<Encoded> {
  const report = createReport(embedFidelity);
  const limit = embedInputLimit(servedModel(options));
  if (limit !== undefined && spec.inputs.length > limit) {
    refuse(
      report,
      ErrorReason.UNSUPPORTED,
      "inputs",
      `the model takes ${limit} in one call; ask several times`,
    );
  }
  const body = encodeBody(spec, options, report);
  addExtras(body, spec.extrasJson, report);
  reportDeclined(report, spec);
  if (report.fault !== undefined) return { ok: false, fault: report.fault };
  return {
    ok: true,
    value: {
      request: wireRequest(options.model, "invoke", writeJson(body)),
      report: report.entries,
    },
  };
}

function encodeBody(spec: EmbedSpec, options: ConverseOptions, report: EncodeReport): Body {
  const family = embedFamily(servedModel(options));
  switch (family) {
    case "titan-text":
    case "titan-text-v2":
    case "titan-image":
      return encodeTitan(spec, family, report);
    case "cohere":
    case "cohere-v4":
      return encodeCohere(spec, family === "cohere-v4", report);
    case "nova":
      return encodeNova(spec, report);
    case undefined:
      refuse(
        report,
        ErrorReason.UNSUPPORTED,
        "model",
        "not known as an embedding model; name it as the base_model of the target",
      );
      return {};
  }
}

/** The shape of the answer shows which model made it. */
function decodeEmbedResponse(json: Json): Decoded<EmbedResult> {
  if (!isObject(json))
    return { ok: false, fault: malformed("the vendor's answer is not a JSON object") };
  const result = decodeTitan(json) ?? decodeNova(json) ?? decodeCohere(json);
  return result === undefined
    ? { ok: false, fault: malformed("the vendor's answer holds no vectors") }
    : { ok: true, value: result };
}

function embedFamily(model: string): EmbedFamily | undefined {
  const name = model.toLowerCase();
  if (name.includes("titan-embed-image")) return "titan-image";
  if (name.includes("titan-embed-text-v2")) return "titan-text-v2";
  if (name.includes("titan-embed")) return "titan-text";
  if (name.includes("cohere.embed-v4")) return "cohere-v4";
  if (name.includes("cohere.embed")) return "cohere";
  return name.includes("nova") && name.includes("embed") ? "nova" : undefined;
}
