import type { EmbedSpec } from "../../../../gen/parlance/embed/v1/embedding_pb.js";
import { EmbedEncoding } from "../../../../gen/parlance/embed/v1/embedding_pb.js";
import { dropped, type EncodeReport, mapped } from "../../../core/fidelity/encode-report.ts";
import { editTopLevel } from "../../../json/edit.ts";
import { asBuffer } from "../../../json/json.ts";
import { scanTopLevel } from "../../../json/scan.ts";
import type { Draft } from "../wire.ts";

/**
 * How a vendor wants the knobs of embeddings. `openai`: under OpenAI's names, and `input_type` and
 * `truncate` as NVIDIA and others read them. `voyage`: `output_dimension`, `output_dtype`,
 * `truncation` as a switch. `jina`: `task`, `embedding_type`, `truncate` as a switch. `plain`: what
 * OpenAI's own API knows, which refuses every other member. `perplexity`: vectors are signed bytes
 * in base64, whatever is requested (https://docs.perplexity.ai/api-reference/embeddings-post). See
 * https://platform.openai.com/docs/api-reference/embeddings/create,
 * https://docs.voyageai.com/reference/embeddings-api and https://api.jina.ai/redoc.
 */
export type EmbedShape = "openai" | "plain" | "voyage" | "jina" | "perplexity";

/** What a shape has words for; undefined where it has none. */
export interface EmbedWords {
  readonly dimensions: string;
  readonly inputType: string | undefined;
  readonly truncate: string | undefined;
  /** Whether `truncate` is true or false, not a word. */
  readonly truncateSwitch: boolean;
  readonly user: string | undefined;
  readonly encodings: Readonly<
    Record<EmbedEncoding, readonly [member: string, word: string] | undefined>
  >;
}

const SIGNED_BYTES = ["encoding_format", "base64_int8"] as const;

const shapes: Readonly<Record<EmbedShape, EmbedWords>> = {
  openai: {
    dimensions: "dimensions",
    inputType: "input_type",
    truncate: "truncate",
    truncateSwitch: false,
    user: "user",
    encodings: {
      [EmbedEncoding.UNSPECIFIED]: undefined,
      [EmbedEncoding.FLOAT]: ["encoding_format", "float"],
      [EmbedEncoding.BASE64]: ["encoding_format", "base64"],
      [EmbedEncoding.INT8]: ["encoding_format", "int8"],
    },
  },
  plain: {
    dimensions: "dimensions",
    inputType: undefined,
    truncate: undefined,
    truncateSwitch: false,
    user: "user",
    encodings: {
      [EmbedEncoding.UNSPECIFIED]: undefined,
      [EmbedEncoding.FLOAT]: ["encoding_format", "float"],
      [EmbedEncoding.BASE64]: ["encoding_format", "base64"],
      [EmbedEncoding.INT8]: undefined,
    },
  },
  voyage: {
    dimensions: "output_dimension",
    inputType: "input_type",
    truncate: "truncation",
    truncateSwitch: true,
    user: undefined,
    encodings: {
      [EmbedEncoding.UNSPECIFIED]: undefined,
      [EmbedEncoding.FLOAT]: ["output_dtype", "float"],
      [EmbedEncoding.BASE64]: ["encoding_format", "base64"],
      [EmbedEncoding.INT8]: ["output_dtype", "int8"],
    },
  },
  jina: {
    dimensions: "dimensions",
    inputType: "task",
    truncate: "truncate",
    truncateSwitch: true,
    user: undefined,
    encodings: {
      [EmbedEncoding.UNSPECIFIED]: undefined,
      [EmbedEncoding.FLOAT]: ["embedding_type", "float"],
      [EmbedEncoding.BASE64]: ["embedding_type", "base64"],
      [EmbedEncoding.INT8]: undefined,
    },
  },
  perplexity: {
    dimensions: "dimensions",
    inputType: undefined,
    truncate: undefined,
    truncateSwitch: false,
    user: undefined,
    encodings: {
      [EmbedEncoding.UNSPECIFIED]: undefined,
      [EmbedEncoding.FLOAT]: SIGNED_BYTES,
      [EmbedEncoding.BASE64]: SIGNED_BYTES,
      [EmbedEncoding.INT8]: SIGNED_BYTES,
    },
  },
};

/** The words of a shape. */
export function embedWords(shape: EmbedShape): EmbedWords {
  return shapes[shape];
}

/** Whether a vendor's vectors in base64 are signed bytes, one for each dimension. */
export function givesSignedBytes(shape: EmbedShape | undefined): boolean {
  return shape === "perplexity";
}

/**
 * Whether a body in OpenAI's words may pass as it is, so that the answer does too. Where vectors
 * are signed bytes, only one that asks for an encoding in the vendor's own word may: OpenAI's
 * clients expect floats.
 */
export function acceptsEmbedBody(body: Uint8Array, shape: EmbedShape | undefined): boolean {
  if (!givesSignedBytes(shape)) return true;
  const bytes = asBuffer(body);
  const found = scanTopLevel(bytes)?.find(({ key }) => key === "encoding_format");
  return (
    found !== undefined &&
    bytes.toString("utf8", found.valueStart, found.valueEnd).startsWith('"base64_')
  );
}

/** Adds the knobs under the names of a shape. What the shape has no name for is reported. */
export function addEmbedKnobs(
  draft: Draft,
  spec: EmbedSpec,
  shape: EmbedShape | undefined,
  report: EncodeReport,
): void {
  const words = shapes[shape ?? "openai"];
  const put = (field: string, member: string | undefined, value: string | number) => {
    if (member === undefined) return dropped(report, field);
    draft[member] = value;
    if (member !== field) mapped(report, field, `sent as ${member}`);
  };
  if (spec.dimensions !== undefined) put("dimensions", words.dimensions, spec.dimensions);
  addEncoding(draft, spec.encoding, words, report);
  if (spec.user !== "") put("user", words.user, spec.user);
  if (spec.inputType !== "") put("input_type", words.inputType, spec.inputType);
  if (spec.truncate === "") return;
  if (words.truncateSwitch && words.truncate !== undefined) {
    addTruncateSwitch(draft, spec.truncate, words.truncate, report);
  } else put("truncate", words.truncate, spec.truncate);
}

function addEncoding(
  draft: Draft,
  encoding: EmbedEncoding,
  words: EmbedWords,
  report: EncodeReport,
): void {
  const entry = words.encodings[encoding];
  if (entry === SIGNED_BYTES && encoding !== EmbedEncoding.INT8)
    mapped(report, "encoding", "returned as whole numbers from -128 to 127");
  if (entry !== undefined) draft[entry[0]] = entry[1];
  else if (encoding !== EmbedEncoding.UNSPECIFIED) dropped(report, "encoding");
}

/** Where texts are cut is sent as a word; the vendor cuts their ends or refuses them. */
function addTruncateSwitch(draft: Draft, word: string, member: string, report: EncodeReport): void {
  const lower = word.toLowerCase();
  const on = lower === "true" || lower === "end" || lower === "right";
  if (!on && lower !== "false" && lower !== "none") {
    dropped(report, "truncate");
    return;
  }
  draft[member] = on;
  mapped(report, "truncate", `sent as ${member}: ${on}`);
}

/**
 * A body in OpenAI's words as a vendor of another shape wants it: members are renamed where
 * OpenAI's clients always say them (`dimensions`, `encoding_format`), unless the vendor's own
 * member stands beside them.
 */
export function respellEmbedBody(
  body: Uint8Array,
  model: string,
  shape: EmbedShape | undefined,
): Uint8Array {
  const edits: Record<string, string | null> = { model };
  if (shape === "voyage" || shape === "jina") addRenames(edits, body, shape);
  return editTopLevel(body, edits) ?? editTopLevel(body, { model }) ?? body;
}

function addRenames(
  edits: Record<string, string | null>,
  body: Uint8Array,
  shape: EmbedShape,
): void {
  const bytes = asBuffer(body);
  const members = new Map(
    (scanTopLevel(bytes) ?? []).map(({ key, valueStart, valueEnd }) => [
      key,
      bytes.toString("utf8", valueStart, valueEnd),
    ]),
  );
  const encoding =
    members.get("encoding_format") === '"base64"' ? EmbedEncoding.BASE64 : EmbedEncoding.FLOAT;
  const { dimensions, encodings } = shapes[shape];
  const [member = "encoding_format", word = ""] = encodings[encoding] ?? [];
  const renames = [
    ["dimensions", dimensions, members.get("dimensions")],
    ["encoding_format", member, JSON.stringify(word)],
  ] as const;
  for (const [from, to, value] of renames) {
    if (from === to || value === undefined || !members.has(from)) continue;
    edits[from] = null;
    if (!members.has(to)) edits[to] = value;
  }
}
