import type {
  Embedding,
  EmbedResult,
  EmbedSpec,
} from "../../../../gen/parlance/embed/v1/embedding_pb.js";
import { ErrorReason } from "../../../../gen/parlance/error/v1/error_reason_pb.js";
import type { Decoded, Encoded } from "../../../core/dialect.ts";
import { malformed } from "../../../core/faults/fault.ts";
import {
  createReport,
  type EncodeReport,
  refuse,
  reportDeclined,
} from "../../../core/fidelity/encode-report.ts";
import {
  arrayAt,
  intAt,
  isObject,
  type Json,
  type JsonObject,
  objectAt,
  stringAt,
} from "../../../json/json.ts";
import { type Writable, writeJson } from "../../../json/write.ts";
import { postJson } from "../../shared/post-json.ts";
import { embedFidelity } from "../fidelity.ts";
import { decodeUsage } from "../usage.ts";
import { decodeSignedBytes, decodeVector } from "../vector.ts";
import {
  addExtras,
  type ChatEncodeOptions,
  type ChatQuirks,
  type Draft,
  extrasOf,
} from "../wire.ts";
import { addEmbedKnobs, givesSignedBytes } from "./embed-shape.ts";
import { chunkFault } from "./stream.ts";

const known = new Set(["object", "data", "model", "usage", "id", "error"]);

/** A request for vectors, its knobs in the words that the vendor's row declares. */
export function encodeEmbedRequest(spec: EmbedSpec, options: ChatEncodeOptions): Decoded<Encoded> {
  const report = createReport(embedFidelity);
  const draft: Draft = { model: options.model, input: encodeInput(spec, report) };
  addEmbedKnobs(draft, spec, options.quirks.embedShape, report);
  addExtras(draft, spec.extrasJson, "extras_json", report);
  reportDeclined(report, spec);
  if (report.fault !== undefined) return { ok: false, fault: report.fault };
  return {
    ok: true,
    value: { request: postJson("/embeddings", writeJson(draft)), report: report.entries },
  };
}

/**
 * Reads vectors, put in the order of their inputs. Base64 is of what the vendor's row declares,
 * floats unless it says else.
 */
export function decodeEmbedResponse(
  json: Json,
  quirks?: Pick<ChatQuirks, "embedShape">,
): Decoded<EmbedResult> {
  if (!isObject(json)) return { ok: false, fault: malformed("the answer is not a JSON object") };
  const fault = chunkFault(json, "");
  if (fault !== undefined) return { ok: false, fault };
  const data = arrayAt(json, "data");
  if (data === undefined) return { ok: false, fault: malformed("the answer has no data") };
  const embeddings: Embedding[] = [];
  const decode = givesSignedBytes(quirks?.embedShape) ? decodeSignedBytes : decodeVector;
  for (const [at, item] of data.entries()) {
    const embedding = isObject(item) ? decodeEmbedding(item, at, decode) : undefined;
    if (embedding === undefined)
      return { ok: false, fault: malformed(`data[${at}] has no vector`) };
    embeddings.push(embedding);
  }
  embeddings.sort((one, other) => one.index - other.index);
  const usage = objectAt(json, "usage");
  return {
    ok: true,
    value: {
      $typeName: "parlance.embed.v1.EmbedResult",
      model: stringAt(json, "model") ?? "",
      embeddings,
      ...(usage === undefined ? undefined : { usage: decodeUsage(usage) }),
      id: stringAt(json, "id") ?? "",
      extrasJson: extrasOf(otherMembers(json)),
    },
  };
}

function decodeEmbedding(
  item: JsonObject,
  at: number,
  decode: typeof decodeVector,
): Embedding | undefined {
  const vector = decode(item.embedding);
  if (vector === undefined) return undefined;
  const index = intAt(item, "index");
  return {
    $typeName: "parlance.embed.v1.Embedding",
    index: index === undefined || index < 0 ? at : index,
    vector,
  };
}

/**
 * One text goes out as a text, one list of tokens as a list; kinds cannot be mixed, and pictures
 * are refused by the table.
 */
function encodeInput({ inputs }: EmbedSpec, report: EncodeReport): Writable {
  const values: Writable[] = [];
  let tokens = 0;
  for (const { input } of inputs) {
    if (input.case === "text") values.push(input.value);
    else if (input.case === "tokens") {
      values.push(input.value.ids);
      tokens += 1;
    }
  }
  if (tokens > 0 && tokens < values.length) {
    refuse(
      report,
      ErrorReason.UNSUPPORTED,
      "inputs",
      "texts and tokens cannot be sent in one call",
    );
  }
  return values.length === 1 ? values[0] : values;
}

function otherMembers(json: JsonObject): string | undefined {
  const rest = Object.entries(json).filter(([key, value]) => !known.has(key) && value !== null);
  return rest.length === 0 ? undefined : JSON.stringify(Object.fromEntries(rest));
}
