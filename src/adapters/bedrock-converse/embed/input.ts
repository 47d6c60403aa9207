import {
  EmbedEncoding,
  type EmbedInput,
  type EmbedSpec,
} from "../../../../gen/parlance/embed/v1/embedding_pb.js";
import { ErrorReason } from "../../../../gen/parlance/error/v1/error_reason_pb.js";
import {
  dropped,
  type EncodeReport,
  mapped,
  refuse,
} from "../../../core/fidelity/encode-report.ts";
import { parseBase64 } from "../../../json/base64.ts";
import { type Cursor, problem } from "../../shared/request-cursor.ts";
import { encodeImage, imageMediaType, sniffImage } from "../vendor/media.ts";

/** An input as the vendor can take it. */
export type EmbedInputValue =
  | { readonly kind: "text"; readonly text: string }
  | { readonly kind: "image"; readonly format: string; readonly base64: string };

/** The inputs; what the vendor cannot take is refused, token ids by the table. */
export function embedInputs(spec: EmbedSpec, report: EncodeReport): readonly EmbedInputValue[] {
  return spec.inputs
    .map(({ input }, index) => encodeInput(input, `inputs[${index}]`, report))
    .filter((value) => value !== undefined);
}

function encodeInput(
  input: EmbedInput["input"],
  path: string,
  report: EncodeReport,
): EmbedInputValue | undefined {
  switch (input.case) {
    case "text":
      return { kind: "text", text: input.value };
    case "image": {
      const block = encodeImage(input.value, `${path}.image`, report);
      const image = readImage(block);
      if (block !== undefined && image === undefined) {
        refuse(
          report,
          ErrorReason.UNSUPPORTED,
          `${path}.image.url`,
          "the vendor takes pictures to embed only as bytes",
        );
      }
      return image;
    }
    case "tokens":
    case undefined:
      return undefined;
  }
}

/**
 * Reports an encoding that the model does not give: it answers in numbers, which are packed for the
 * caller afterwards.
 */
export function reportEncoding(encoding: EmbedEncoding, report: EncodeReport): void {
  if (encoding === EmbedEncoding.INT8) dropped(report, "encoding");
  else if (encoding !== EmbedEncoding.UNSPECIFIED) mapped(report, "encoding");
}

function readImage(block: ReturnType<typeof encodeImage>): EmbedInputValue | undefined {
  const image = block?.image;
  if (typeof image !== "object" || image === null || !("source" in image) || !("format" in image))
    return undefined;
  const { source, format } = image;
  if (
    typeof format !== "string" ||
    typeof source !== "object" ||
    source === null ||
    !("bytes" in source)
  )
    return undefined;
  return typeof source.bytes === "string"
    ? { kind: "image", format, base64: source.bytes }
    : undefined;
}

/** A text to embed. */
export function textInput(text: string): EmbedInput {
  return { $typeName: "parlance.embed.v1.EmbedInput", input: { case: "text", value: text } };
}

/**
 * A picture to embed, of the base64 in a member; undefined, and noted as wrong, for what is none.
 * `format`: the vendor's word for it; absent: its first bytes tell.
 */
export function imageInput(
  cursor: Cursor,
  key: string,
  { base64, format }: { readonly base64: string; readonly format?: string },
): EmbedInput | undefined {
  const data = base64 === "" ? undefined : parseBase64(base64);
  if (data === undefined) return problem(cursor, key, "must be a picture in base64");
  const mediaType = imageMediaType(format ?? sniffImage(data) ?? "");
  return {
    $typeName: "parlance.embed.v1.EmbedInput",
    input: {
      case: "image",
      value: {
        $typeName: "parlance.chat.v1.Image",
        source: { case: "data", value: data },
        mediaType,
        detail: 0,
      },
    },
  };
}
