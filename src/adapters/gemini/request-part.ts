import type { Audio, Part, Reasoning, Text, ToolCall, ToolResult } from "../../../gen/parlance/chat/v1/part_pb.js";
import { ImageDetail } from "../../../gen/parlance/chat/v1/part_pb.js";
import { ErrorReason } from "../../../gen/parlance/error/v1/error_reason_pb.js";
import { dropped, type EncodeReport, emulated, mapped, refuse } from "../../core/encode-report.ts";
import { type Body, isObjectText } from "../../core/json-members.ts";
import { rawJson, type Writable } from "../../core/json-write.ts";
import { encodeMedia } from "./media.ts";
import type { PartContext } from "./request-calls.ts";
import { UNMARKED } from "./request-generation.ts";
import { type EncodedResult, encodeToolResult } from "./request-result.ts";
import { parseToolId } from "./tool-id.ts";
import { encodeToolInput } from "./tool-input.ts";
import { DIALECT } from "./wire.ts";

/** A part in the vendor's words: several where one is not enough, none where nothing can be sent, which is reported. */
export interface EncodedPart {
  readonly parts: readonly (Body | Writable)[];
  readonly kind: "call" | "signature" | "other";
  /** Set where it is the result of a tool. */
  readonly result?: EncodedResult;
}

/** Encodes one part of a message. See https://ai.google.dev/api/caching#Part. */
export function encodePart(part: Part, path: string, context: PartContext): EncodedPart {
  const { report } = context;
  const { content } = part;
  if (part.cache !== undefined) dropped(report, `${path}.cache`, UNMARKED);
  switch (content.case) {
    case "text":
      return other(encodeText(content.value, `${path}.text`, report));
    case "image":
    case "video":
    case "document":
      return { parts: encodeFile(content, `${path}.${content.case}`, context), kind: "other" };
    case "audio":
      return other(encodeSound(content.value, `${path}.audio`, report));
    case "toolCall":
      return { parts: [encodeCall(content.value, `${path}.tool_call`, context)], kind: "call" };
    case "toolResult":
      return encodeResult(content.value, `${path}.tool_result`, context);
    case "reasoning":
      return encodeReasoning(content.value, `${path}.reasoning`, report);
    case "refusal":
      mapped(report, `${path}.refusal`, "sent as text");
      return other(content.value.text === "" ? undefined : { text: content.value.text });
    case "opaque":
      return other(encodeOpaque(content.value, `${path}.opaque`, report));
    case undefined:
      return other(undefined);
  }
}

function encodeResult(value: ToolResult, path: string, context: PartContext): EncodedPart {
  const result = encodeToolResult(value, path, context, (part, place) => encodePart(part, place, context).parts);
  return { parts: result.parts, kind: "other", result };
}

function other(part: Body | Writable | undefined): EncodedPart {
  return { parts: part === undefined ? [] : [part], kind: "other" };
}

function encodeText({ text, citations }: Text, path: string, report: EncodeReport): Body | undefined {
  if (citations.length > 0) dropped(report, `${path}.citations`, "the vendor takes no citations back");
  return text === "" ? undefined : { text };
}

type FileContent = Extract<Part["content"], { case: "image" | "video" | "document" }>;

/** Pictures, videos and documents; a document in pieces is its pieces. */
function encodeFile(content: FileContent, path: string, context: PartContext): readonly (Body | Writable)[] {
  const { report } = context;
  if (content.case === "document") reportDocument(content.value, path, report);
  if (content.case === "document" && content.value.source.case === "content") {
    mapped(report, path, "sent piece by piece");
    return content.value.source.value.parts.flatMap(
      (piece, at) => encodePart(piece, `${path}.content.parts[${at}]`, context).parts,
    );
  }
  const { detail } = content.case === "image" ? content.value : { detail: ImageDetail.UNSPECIFIED };
  if (detail !== ImageDetail.UNSPECIFIED && detail !== ImageDetail.AUTO) {
    dropped(report, `${path}.detail`, "the vendor has one resolution for all: mediaResolution in extras_json");
  }
  const media = encodeMedia(content);
  if (media === undefined) return [];
  if (media.guessed) mapped(report, path, "the vendor demands a media type, and the usual one is sent");
  return [media.body];
}

function reportDocument(
  document: Extract<FileContent, { case: "document" }>["value"],
  path: string,
  report: EncodeReport,
): void {
  if (document.title !== "") dropped(report, `${path}.title`, "the vendor takes no titles of documents");
  if (document.context !== "") dropped(report, `${path}.context`, "the vendor takes no context of documents");
  if (document.citationsEnabled === true) dropped(report, `${path}.citations_enabled`, "the vendor cites no documents");
  if (document.citationsEnabled === false) mapped(report, `${path}.citations_enabled`, "the vendor cites no documents");
}

/** An earlier spoken answer is known by its words only. */
function encodeSound(audio: Audio, path: string, report: EncodeReport): Body | undefined {
  if (audio.source.case === "id" && audio.transcript !== "") {
    mapped(report, path, "its transcript is sent as text");
    return { text: audio.transcript };
  }
  const media = encodeMedia({ case: "audio", value: audio });
  if (media === undefined) {
    refuse(report, ErrorReason.UNSUPPORTED, path, "names no sound that could be sent");
    return undefined;
  }
  if (audio.transcript !== "") dropped(report, `${path}.transcript`, "the sound itself is sent");
  if (audio.answerId !== "") dropped(report, `${path}.answer_id`, "the sound itself is sent");
  if (audio.expiresAtUnixS !== undefined) mapped(report, `${path}.expires_at_unix_s`, "of no account to the vendor");
  return media.body;
}

/** Models that demand proof take this word from callers that have none: a call of another model, or of the caller's making. */
const NO_SIGNATURE = "skip_thought_signature_validator";

function encodeCall(call: ToolCall, path: string, context: PartContext): Body {
  const { report, traits, calls } = context;
  const { id, signature: carried } = parseToolId(call.id);
  calls.add(call.id, call.name);
  if (call.id !== "" && (id === "" || !traits.toolCallIds))
    mapped(report, `${path}.id`, "calls and results pair by order");
  const body: Body = {};
  if (id !== "" && traits.toolCallIds) body.id = id;
  body.name = call.name;
  if (call.input.case === "text") {
    mapped(report, `${path}.text`, 'sent as {"input": text}');
    body.args = { input: call.input.value };
  } else {
    const { input, wrapped } = encodeToolInput(call.input.value ?? "");
    if (wrapped) mapped(report, `${path}.arguments_json`, "not a JSON object; sent as a string inside of one");
    body.args = input;
  }
  const signature = call.signature === "" ? carried : call.signature;
  if (signature === "") return unsigned(body, path, context);
  calls.sign();
  return { functionCall: body, thoughtSignature: signature };
}

/** Only the first of parallel calls bears the proof. */
function unsigned(body: Body, path: string, { report, traits, calls }: PartContext): Body {
  if (!traits.signedCalls || calls.signed()) return { functionCall: body };
  calls.sign();
  emulated(report, `${path}.signature`, "there is none; the vendor's word for that is sent in its place");
  return { functionCall: body, thoughtSignature: NO_SIGNATURE };
}

/** Only the vendor's own proof is taken back. A proof without words belongs to the part before it. */
function encodeReasoning(reasoning: Reasoning, path: string, report: EncodeReport): EncodedPart {
  const { text, signature, dialect } = reasoning;
  if (dialect !== DIALECT || signature === "") {
    dropped(report, path, "the vendor takes back only thoughts that it signed");
    return other(undefined);
  }
  for (const [member, set] of [
    ["encrypted", reasoning.encrypted !== ""],
    ["summaries", reasoning.summaries.length > 0],
    ["id", reasoning.id !== ""],
  ] as const) {
    if (set) dropped(report, `${path}.${member}`, "the vendor's thoughts have words and a proof only");
  }
  if (text === "") return { parts: [{ text, thoughtSignature: signature }], kind: "signature" };
  return other({ text, thought: true, thoughtSignature: signature });
}

function encodeOpaque(
  { dialect, json }: { readonly dialect: string; readonly json: string },
  path: string,
  report: EncodeReport,
): Writable | undefined {
  if (dialect !== DIALECT) {
    dropped(report, path, `content in the words of ${dialect}`);
    return undefined;
  }
  if (!isObjectText(json)) {
    refuse(report, ErrorReason.INVALID_REQUEST, `${path}.json`, "must be one JSON object");
    return undefined;
  }
  return rawJson(json);
}
