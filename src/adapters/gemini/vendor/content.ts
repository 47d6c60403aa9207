import {
  type Audio,
  ImageDetail,
  type Part,
  type Reasoning,
  type Text,
  type ToolCall,
  type ToolResult,
} from "../../../../gen/parlance/chat/v1/part_pb.js";
import { ErrorReason } from "../../../../gen/parlance/error/v1/error_reason_pb.js";
import {
  dropped,
  type EncodeReport,
  emulated,
  mapped,
  refuse,
} from "../../../core/fidelity/encode-report.ts";
import { type Body, isObjectText } from "../../../json/members.ts";
import { rawJson, type Writable } from "../../../json/write.ts";
import { withPartExtras } from "../../shared/add-extras.ts";
import { refuseForeignFile } from "../../shared/notes/file-id.ts";
import { encodeToolInput } from "../../shared/tool-input.ts";
import { encodeMedia } from "../media.ts";
import { parseToolId } from "../tool-id.ts";
import { DIALECT } from "../wire.ts";
import type { ModelTraits } from "./model-traits.ts";

/**
 * A part in the vendor's words: several where one is not enough, none where nothing can be sent,
 * which is reported.
 */
export interface EncodedPart {
  readonly parts: readonly (Body | Writable)[];
  readonly kind: "call" | "signature" | "other";
  /** Set where it is the result of a tool. */
  readonly result?: EncodedResult;
}

/** Encodes one part of a message. See https://ai.google.dev/api/caching#Part. */
export function encodePart(part: Part, path: string, context: PartContext): EncodedPart {
  const encoded = encodeContent(part.content, path, context);
  const parts = withPartExtras(encoded.parts, part, path, context.report);
  if (parts === encoded.parts) return encoded;
  const { result } = encoded;
  return {
    ...encoded,
    parts,
    ...(result === undefined ? undefined : { result: { ...result, parts } }),
  };
}

function encodeContent(content: Part["content"], path: string, context: PartContext): EncodedPart {
  const { report } = context;
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
      mapped(report, `${path}.refusal`);
      return other(content.value.text === "" ? undefined : { text: content.value.text });
    case "opaque":
      return other(encodeOpaque(content.value, `${path}.opaque`, report));
    case undefined:
      return other(undefined);
  }
}

function encodeResult(value: ToolResult, path: string, context: PartContext): EncodedPart {
  const result = encodeToolResult(
    value,
    path,
    context,
    (part, place) => encodePart(part, place, context).parts,
  );
  return { parts: result.parts, kind: "other", result };
}

function other(part: Body | Writable | undefined): EncodedPart {
  return { parts: part === undefined ? [] : [part], kind: "other" };
}

function encodeText({ text }: Text, path: string, report: EncodeReport): Body | undefined {
  if (text !== "") return { text };
  mapped(report, path);
  return undefined;
}

type FileContent = Extract<Part["content"], { case: "image" | "video" | "document" }>;

/** Pictures, videos and documents; a document in pieces is its pieces. */
function encodeFile(
  content: FileContent,
  path: string,
  context: PartContext,
): readonly (Body | Writable)[] {
  const { report } = context;
  if (content.case === "document") reportDocument(content.value, path, report);
  if (content.case === "document" && content.value.source.case === "content") {
    mapped(report, `${path}.content`);
    return content.value.source.value.parts.flatMap(
      (piece, at) => encodePart(piece, `${path}.content.parts[${at}]`, context).parts,
    );
  }
  const { detail } = content.case === "image" ? content.value : { detail: ImageDetail.UNSPECIFIED };
  if (detail === ImageDetail.AUTO) mapped(report, `${path}.detail`);
  else if (detail !== ImageDetail.UNSPECIFIED) dropped(report, `${path}.detail`);
  refuseForeignFile({ content: content.value, form: "uri" }, path, report);
  const media = encodeMedia(content);
  if (media === undefined) return [];
  if (media.guessed) mapped(report, path);
  return [media.body];
}

function reportDocument(
  document: Extract<FileContent, { case: "document" }>["value"],
  path: string,
  report: EncodeReport,
): void {
  if (document.source.case === "text") mapped(report, `${path}.text`);
  if (document.citationsEnabled === true) dropped(report, `${path}.citations_enabled`);
  if (document.citationsEnabled === false) mapped(report, `${path}.citations_enabled`);
}

/** An earlier spoken answer is known by its words only. */
function encodeSound(audio: Audio, path: string, report: EncodeReport): Body | undefined {
  if (audio.source.case === "id" && audio.transcript !== "") {
    mapped(report, path);
    return { text: audio.transcript };
  }
  const media = encodeMedia({ case: "audio", value: audio });
  if (media === undefined) {
    refuse(report, ErrorReason.UNSUPPORTED, path, "names no sound that could be sent");
    return undefined;
  }
  if (audio.transcript !== "") dropped(report, `${path}.transcript`);
  if (audio.expiresAtUnixS !== undefined) mapped(report, `${path}.expires_at_unix_s`);
  return media.body;
}

/**
 * Models that demand proof take this word from callers that have none: a call of another model, or
 * of the caller's making.
 */
const NO_SIGNATURE = "skip_thought_signature_validator";

function encodeCall(call: ToolCall, path: string, context: PartContext): Body {
  const { report, traits, calls } = context;
  const { id, signature: carried } = parseToolId(call.id);
  calls.add(call.id, call.name);
  if (call.id !== "" && (id === "" || !traits.toolCallIds)) mapped(report, `${path}.id`);
  const body: Body = {};
  if (id !== "" && traits.toolCallIds) body.id = id;
  body.name = call.name;
  if (call.input.case === "text") {
    mapped(report, `${path}.text`);
    body.args = { input: call.input.value };
  } else {
    const { input, wrapped } = encodeToolInput(call.input.value ?? "");
    if (wrapped) mapped(report, `${path}.arguments_json`);
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
  emulated(report, `${path}.signature`);
  return { functionCall: body, thoughtSignature: NO_SIGNATURE };
}

/**
 * Only the vendor's own proof is taken back. A proof without words belongs to the part before it.
 */
function encodeReasoning(reasoning: Reasoning, path: string, report: EncodeReport): EncodedPart {
  const { text, signature, dialect } = reasoning;
  if (dialect !== DIALECT || signature === "") {
    dropped(report, path);
    return other(undefined);
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
    dropped(report, path, `content of ${dialect}`);
    return undefined;
  }
  if (!isObjectText(json)) {
    refuse(report, ErrorReason.INVALID_REQUEST, `${path}.json`, "must be one JSON object");
    return undefined;
  }
  return rawJson(json);
}

/** What the encoding of content shares within one request. */
export interface PartContext {
  readonly report: EncodeReport;
  readonly traits: ModelTraits;
  readonly calls: CallNames;
}

/** What is known of the tool calls of a conversation while it is encoded. One per request. */
interface CallNames {
  /** The next call. */
  readonly add: (id: string, name: string) => void;
  /** The call that a result is of; undefined where there was none. */
  readonly find: (id: string) => KnownCall | undefined;
  /** A new message begins: its first call has yet to be signed. */
  readonly beginMessage: () => void;
  readonly sign: () => void;
  /** Whether a call of this message is signed. */
  readonly signed: () => boolean;
}

/** A call: the tool's name, and how many calls came before it. */
interface KnownCall {
  readonly name: string;
  readonly order: number;
}

/**
 * Results find their calls by id, and those without an id by order. Where an id is used again, the
 * later call has it.
 */
export function createCallNames(): CallNames {
  const byId = new Map<string, KnownCall>();
  const unnamed: KnownCall[] = [];
  let answered = 0;
  let order = 0;
  let signed = false;
  return {
    add(id, name) {
      const call = { name, order };
      order += 1;
      if (id === "") unnamed.push(call);
      else byId.set(id, call);
    },
    find(id) {
      if (id !== "") return byId.get(id);
      const call = unnamed[answered];
      answered += 1;
      return call;
    },
    beginMessage() {
      signed = false;
    },
    sign() {
      signed = true;
    },
    signed: () => signed,
  };
}

/** A result in the vendor's words. */
export interface EncodedResult {
  readonly parts: readonly (Body | Writable)[];
  /** The place of its call among all calls: results without an id pair with their calls by it. */
  readonly order: number;
  /** Whether it is sent with an id. */
  readonly named: boolean;
}

/**
 * What a tool gave, as a `functionResponse`. The vendor wants an object: text that is one is sent
 * as it is, any other text under `output`, or under `error` where the tool failed. Media are parts
 * of the response where the model takes them there, and parts after it otherwise. See
 * https://ai.google.dev/api/caching#FunctionResponse (2026-11).
 */
function encodeToolResult(
  result: ToolResult,
  path: string,
  context: PartContext,
  encodeMedia: (part: Part, path: string) => readonly (Body | Writable)[],
): EncodedResult {
  const { report, traits, calls } = context;
  const call = calls.find(result.toolCallId);
  const name = result.name === "" ? call?.name : result.name;
  if (name === undefined || name === "") {
    refuse(
      report,
      ErrorReason.INVALID_REQUEST,
      `${path}.tool_call_id`,
      "names no call before it; the vendor demands the tool's name",
    );
    return { parts: [], order: 0, named: true };
  }
  const { id } = parseToolId(result.toolCallId);
  const body: Body = {};
  const named = id !== "" && traits.toolCallIds;
  const place = { order: call?.order ?? Number.MAX_SAFE_INTEGER, named };
  if (named) body.id = id;
  else if (result.toolCallId !== "") mapped(report, `${path}.tool_call_id`);
  body.name = name;
  body.response = encodeWords(result);
  if (result.isError === false) mapped(report, `${path}.is_error`);
  const media = result.content.flatMap((part, at) => {
    const parts = encodeMedia(part, `${path}.content[${at}]`);
    return part.content.case === "text" ? [] : parts;
  });
  if (media.length === 0) return { ...place, parts: [{ functionResponse: body }] };
  if (traits.multimodalToolResults)
    return { ...place, parts: [{ functionResponse: { ...body, parts: media } }] };
  mapped(report, `${path}.content`);
  return { ...place, parts: [{ functionResponse: body }, ...media] };
}

function encodeWords({ content, isError }: ToolResult): Writable {
  const text = content.map(wordsOf).join("");
  if (isError === true) return { error: text };
  return isObjectText(text) ? rawJson(text) : { output: text };
}

function wordsOf({ content }: Part): string {
  return content.case === "text" ? content.value.text : "";
}
