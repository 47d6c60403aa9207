import type { Part } from "../../../../gen/parlance/chat/v1/part_pb.js";
import { MAX_CITATIONS, MAX_PARTS } from "../../../events/answer-limits.ts";
import { parseBase64 } from "../../../json/base64.ts";
import { isDataUrl, parseDataUrl } from "../../../json/data-url.ts";
import {
  intAt,
  isObject,
  type Json,
  type JsonObject,
  objectAt,
  stringAt,
} from "../../../json/json.ts";
import { endThinking, type SplitText, splitThinking } from "../../shared/answers/think-tags.ts";
import { decodeAnnotation, markSourcesSent } from "../citation.ts";
import { listOf, NAME } from "../wire.ts";
import { addWords } from "./stream-reasoning.ts";
import { choiceAt, emit, type FrameWork, isTooLong, newPart, solePart } from "./stream-state.ts";

/** Reads what a delta says: text, refusal, sound, pictures, annotations. */
export function decodeContent(work: FrameWork, index: number, delta: JsonObject): void {
  decodeText(work, index, delta);
  const content = listOf(delta.content) ?? [];
  if (!isTooLong(work, content, MAX_PARTS, "parts")) {
    for (const element of content) decodeElement(work, index, element);
  }
  const refusal = stringAt(delta, "refusal") ?? "";
  addRefusal(work, index, refusal);
  decodeAudio(work, index, delta);
  const images = delta.images;
  if (Array.isArray(images) && !isTooLong(work, images, MAX_PARTS, "pictures")) {
    for (const image of images) decodeElement(work, index, image);
  }
  const annotations = delta.annotations;
  if (Array.isArray(annotations) && !isTooLong(work, annotations, MAX_CITATIONS, "annotations"))
    addAnnotations(work, index, annotations);
}

/** What is spoken, in words; "" where nothing is. */
function spokenIn(delta: JsonObject): string {
  return stringAt(objectAt(delta, "audio") ?? {}, "transcript") ?? "";
}

/** Some hosts send the words of sound as text beside it: they are said once. */
function decodeText(work: FrameWork, index: number, delta: JsonObject): void {
  const { content } = delta;
  if (typeof content !== "string" || content === spokenIn(delta)) return;
  const choice = choiceAt(work, index);
  // The host has parsed it, or the text has begun otherwise.
  if (choice.tags?.phase === "begin" && choice.tags.held === "" && choice.next > 0)
    choice.tags = undefined;
  if (choice.tags === undefined) addText(work, index, content);
  else addSplit(work, index, splitThinking(choice.tags, content));
}

/** Adds what is held back of a choice that ends, which may have been the beginning of a tag. */
export function endText(work: FrameWork, index: number): void {
  const { tags } = choiceAt(work, index);
  if (tags !== undefined) addSplit(work, index, endThinking(tags));
}

function addSplit(work: FrameWork, index: number, { thought, said }: SplitText): void {
  addThinking(work, index, thought);
  addText(work, index, said);
}

/** Others have sent them as text before it. */
function decodeAudio(work: FrameWork, index: number, delta: JsonObject): void {
  const audio = objectAt(delta, "audio");
  if (audio === undefined || !Object.values(audio).some(Boolean)) return;
  const spoken = spokenIn(delta);
  addAudio(work, index, audio, choiceAt(work, index).said === spoken ? "" : spoken);
}

/** Adds words to the text of a choice; none begin nothing. */
export function addText(work: FrameWork, choice: number, text: string): void {
  if (text === "") return;
  const part = solePart(work, choice, "text");
  const state = choiceAt(work, choice);
  if (state.said.length < MAX_COMPARED) state.said += text;
  emit(work, {
    case: "textDelta",
    value: { $typeName: "parlance.chat.v1.TextDelta", choice, part, text },
  });
}

/** Longer texts are not compared with sound. In UTF-16 units. */
const MAX_COMPARED = 65_536;

function addRefusal(work: FrameWork, choice: number, text: string): void {
  if (text === "") return;
  const part = solePart(work, choice, "refusal");
  emit(work, {
    case: "refusalDelta",
    value: { $typeName: "parlance.chat.v1.RefusalDelta", choice, part, text },
  });
}

function addAudio(work: FrameWork, choice: number, audio: JsonObject, transcript: string): void {
  const expires = intAt(audio, "expires_at");
  const value = {
    $typeName: "parlance.chat.v1.AudioDelta",
    choice,
    part: solePart(work, choice, "audio"),
    data: parseBase64(stringAt(audio, "data") ?? "") ?? new Uint8Array(),
    transcript,
    answerId: stringAt(audio, "id") ?? "",
    ...(expires === undefined || expires < 0 ? undefined : { expiresAtUnixS: BigInt(expires) }),
  } as const;
  emit(work, { case: "audioDelta", value });
}

/** Citations hang on the text; where there is none yet, they begin it. */
function addAnnotations(work: FrameWork, choice: number, annotations: readonly Json[]): void {
  for (const annotation of annotations) {
    const citation = decodeAnnotation(annotation);
    if (citation === undefined) continue;
    markSourcesSent(work);
    const part = solePart(work, choice, "text");
    const value = { $typeName: "parlance.chat.v1.CitationAdd", choice, part, citation } as const;
    emit(work, { case: "citationAdd", value });
  }
}

/**
 * An element of a content list: Mistral's `text` and `thinking`, pictures, or anything else in the
 * vendor's words.
 */
function decodeElement(work: FrameWork, index: number, json: Json): void {
  if (typeof json === "string") addText(work, index, json);
  if (!isObject(json)) return;
  const { type } = json;
  if (type === "text" || type === "output_text") addText(work, index, stringAt(json, "text") ?? "");
  else if (type === "refusal") addRefusal(work, index, stringAt(json, "refusal") ?? "");
  else if (type === "thinking") addThinking(work, index, thinkingWords(json.thinking));
  else if (isNews(choiceAt(work, index).images, imageUrl(json)))
    addWhole(work, index, decodeImage(json) ?? opaque(json));
}

/** Whether an address was not sent yet; what has none is always news. */
function isNews(sent: Set<string>, url: string | undefined): boolean {
  if (url === undefined) return true;
  const size = sent.size;
  return sent.add(url).size > size;
}

function addThinking(work: FrameWork, index: number, words: string): void {
  if (words !== "") addWords(work, index, words);
}

function thinkingWords(json: Json | undefined): string {
  if (typeof json === "string") return json;
  if (!Array.isArray(json)) return "";
  return json
    .map((piece: Json) => (isObject(piece) ? (stringAt(piece, "text") ?? "") : ""))
    .join("");
}

function addWhole(work: FrameWork, choice: number, content: Part): void {
  const part = newPart(work, choice);
  emit(work, {
    case: "partWhole",
    value: { $typeName: "parlance.chat.v1.PartWhole", choice, part, content },
  });
}

function imageUrl(json: JsonObject): string | undefined {
  return json.type === "image_url" ? stringAt(objectAt(json, "image_url") ?? {}, "url") : undefined;
}

function decodeImage(json: JsonObject): Part | undefined {
  const url = imageUrl(json);
  if (url === undefined || url === "") return undefined;
  const data = isDataUrl(url) ? parseDataUrl(url) : undefined;
  if (data !== undefined && data.data.length === 0) return undefined;
  return {
    $typeName: "parlance.chat.v1.Part",
    content: {
      case: "image",
      value: {
        $typeName: "parlance.chat.v1.Image",
        source:
          data === undefined ? { case: "url", value: url } : { case: "data", value: data.data },
        mediaType: data?.mediaType ?? "",
        detail: 0,
      },
    },
  };
}

function opaque(json: JsonObject): Part {
  return {
    $typeName: "parlance.chat.v1.Part",
    content: {
      case: "opaque",
      value: { $typeName: "parlance.chat.v1.Opaque", dialect: NAME, json: JSON.stringify(json) },
    },
  };
}
