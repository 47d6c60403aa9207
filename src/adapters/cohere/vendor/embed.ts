import type { Image } from "../../../../gen/parlance/chat/v1/part_pb.js";
import type { EmbedSpec } from "../../../../gen/parlance/embed/v1/embedding_pb.js";
import { EmbedEncoding } from "../../../../gen/parlance/embed/v1/embedding_pb.js";
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
import { printDataUrl } from "../../../json/data-url.ts";
import { parseJson } from "../../../json/json.ts";
import { type Writable, writeJson } from "../../../json/write.ts";
import { postJson } from "../../shared/post-json.ts";
import { addExtras } from "../extras.ts";
import { embedFidelity } from "../fidelity.ts";
import { type CohereOptions, type Draft, EMBED_PATH, NAME, nonEmpty, outcome } from "../wire.ts";

/** Other vendors' words for what vectors are for. */
const inputTypes: ReadonlyMap<string, string> = new Map([
  ["query", "search_query"],
  ["passage", "search_document"],
  ["document", "search_document"],
]);

/**
 * A request for vectors. The vendor demands to know what they are for: where nothing is said,
 * documents of a search, or pictures. Base64 is packed by the gateway out of numbers. Extras of
 * this dialect may ask for other `embedding_types`. See https://docs.cohere.com/reference/embed.
 */
export function encodeEmbedRequest(spec: EmbedSpec, options: CohereOptions): Decoded<Encoded> {
  const report = createReport(embedFidelity);
  const draft: Draft = {
    model: options.model,
    ...encodeInputs(spec, report),
    input_type: encodeInputType(spec, report),
    embedding_types: encodeTypes(spec, report),
    output_dimension: spec.dimensions,
    truncate: encodeTruncate(spec.truncate, report),
  };
  addExtras(draft, spec.extrasJson, "extras_json", report);
  reportDeclined(report, spec);
  return outcome(report, () => postJson(EMBED_PATH, writeJson(draft)));
}

function ownTypes({ extrasJson }: EmbedSpec): boolean {
  const parsed = parseJson(extrasJson[NAME] ?? "{}");
  return (
    parsed.ok &&
    typeof parsed.value === "object" &&
    parsed.value !== null &&
    "embedding_types" in parsed.value
  );
}

function encodeTypes(spec: EmbedSpec, report: EncodeReport): readonly string[] | undefined {
  if (ownTypes(spec)) {
    if (spec.encoding !== EmbedEncoding.UNSPECIFIED) dropped(report, "encoding");
    return undefined;
  }
  switch (spec.encoding) {
    case EmbedEncoding.INT8:
      return ["int8"];
    case EmbedEncoding.BASE64:
    case EmbedEncoding.FLOAT:
      mapped(report, "encoding");
      return ["float"];
    case EmbedEncoding.UNSPECIFIED:
      return ["float"];
  }
}

/** Texts alone, one picture alone, or a list of inputs of one piece each. */
function encodeInputs(spec: EmbedSpec, report: EncodeReport): Draft {
  const texts: string[] = [];
  const inputs: Writable[] = [];
  let pictures = 0;
  for (const [at, { input }] of spec.inputs.entries()) {
    if (input.case === "text") {
      texts.push(input.value);
      inputs.push({ content: [{ type: "text", text: input.value }] });
    } else if (input.case === "image") {
      pictures += 1;
      inputs.push({ content: [encodeImage(input.value, `inputs[${at}].image`, report)] });
    }
  }
  return pictures === 0 ? { texts } : { inputs };
}

function encodeImage(image: Image, path: string, report: EncodeReport): Writable {
  const { source, mediaType } = image;
  if (source.case === "url" && mediaType !== "") mapped(report, `${path}.media_type`);
  if (source.case === "url") return { type: "image_url", image_url: { url: source.value } };
  if (source.case === "data")
    return { type: "image_url", image_url: { url: printDataUrl(mediaType, source.value) } };
  refuse(report, ErrorReason.UNSUPPORTED, path, "the vendor keeps no files; send the picture");
  return null;
}

function encodeInputType(spec: EmbedSpec, report: EncodeReport): string {
  const { inputType, inputs } = spec;
  if (inputType === "") {
    const word = inputs.every(({ input }) => input.case === "image") ? "image" : "search_document";
    mapped(report, "input_type", `the vendor demands one: sent as ${word}`);
    return word;
  }
  const word = inputTypes.get(inputType.toLowerCase());
  if (word === undefined) return inputType;
  mapped(report, "input_type", `sent as ${word}`);
  return word;
}

function encodeTruncate(truncate: string, report: EncodeReport): string | undefined {
  const word = truncate.toUpperCase();
  if (word === truncate) return nonEmpty(word);
  mapped(report, "truncate", `sent as ${word}`);
  return word;
}
