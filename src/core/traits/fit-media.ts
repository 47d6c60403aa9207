import type { Message } from "../../../gen/parlance/chat/v1/message_pb.js";
import type { Part } from "../../../gen/parlance/chat/v1/part_pb.js";
import type { Takes } from "../../../gen/parlance/model/v1/model_traits_pb.js";
import { isObject, type Json, type JsonObject } from "../../json/json.ts";
import { drops, type Fitting } from "./fitting.ts";

/** What stands in the place of content that a model cannot take, by its kind. */
const words = {
  image: "(a picture that cannot be shown to you)",
  audio: "(a recording that cannot be played to you)",
  video: "(a video that cannot be shown to you)",
  document: "(a file that cannot be shown to you)",
} as const;

type Kind = keyof typeof words;

/** Leaves out media of the kinds that a model does not take; words say where they were. */
export function fitMedia(fitting: Fitting, takes: Takes): void {
  if (!refusesMedia(takes)) return;
  const { chat } = fitting;
  const before = fitting.report.length;
  const messages = chat.messages.map((message, at): Message => {
    const parts = fitParts(message.parts, `messages[${at}].parts`, takes, fitting);
    return parts === message.parts ? message : { ...message, parts };
  });
  if (fitting.report.length > before) chat.messages = messages;
}

/** Whether there is a kind of media that a model does not take. */
export function refusesMedia({ images, audio, video, documents }: Takes): boolean {
  return images === false || audio === false || video === false || documents === false;
}

/**
 * Whether a conversation in any dialect may hold media: any content but text. It costs little, and
 * only a body that may is worth being decoded to know.
 */
export function mayHoldMedia({ messages, contents, input }: JsonObject): boolean {
  const turns = messages ?? contents ?? input;
  return Array.isArray(turns) && turns.some(holdsOther);
}

function holdsOther(turn: Json): boolean {
  if (!isObject(turn)) return false;
  const content = turn.content ?? turn.parts ?? turn.output;
  return (
    turn.images !== undefined ||
    (Array.isArray(content) && content.some((part) => isObject(part) && part.text === undefined))
  );
}

function fitParts(parts: Part[], path: string, takes: Takes, fitting: Fitting): Part[] {
  const fitted = parts.map((part, at) => fitPart(part, `${path}[${at}]`, takes, fitting));
  return fitted.some((part, at) => part !== parts[at]) ? fitted : parts;
}

function fitPart(part: Part, path: string, takes: Takes, fitting: Fitting): Part {
  const { content } = part;
  if (content.case === "toolResult") {
    const inner = fitParts(content.value.content, `${path}.tool_result.content`, takes, fitting);
    if (inner === content.value.content) return part;
    return { ...part, content: { ...content, value: { ...content.value, content: inner } } };
  }
  const kind = refusedKind(content, takes);
  if (kind === undefined) return part;
  drops(fitting, `${path}.${kind}`, "the model takes none");
  const text = { $typeName: "parlance.chat.v1.Text", text: words[kind], citations: [] } as const;
  return { ...part, content: { case: "text", value: { ...text, citations: [] } } };
}

/** A file of words is sent as words, which any model takes. */
function refusedKind(content: Part["content"], takes: Takes): Kind | undefined {
  switch (content.case) {
    case "image":
      return takes.images === false ? "image" : undefined;
    case "audio":
      return takes.audio === false ? "audio" : undefined;
    case "video":
      return takes.video === false ? "video" : undefined;
    case "document": {
      const { source, mediaType } = content.value;
      const readable =
        source.case === "text" || source.case === "content" || mediaType.startsWith("text/");
      return takes.documents === false && !readable ? "document" : undefined;
    }
    default:
      return undefined;
  }
}
