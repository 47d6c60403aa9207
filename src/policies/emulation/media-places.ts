import type { Chat } from "../../../gen/parlance/chat/v1/chat_pb.js";
import type { Part } from "../../../gen/parlance/chat/v1/part_pb.js";
import type { EmbedSpec } from "../../../gen/parlance/embed/v1/embedding_pb.js";
import type { FetchedMedia, MediaKind, MediaPlace } from "../../core/media.ts";

/** Replaces content that is sent as a URL; undefined leaves it. Called for the requested kinds. */
export type ReplaceMedia = (place: MediaPlace) => FetchedMedia | undefined;

type Kinds = ReadonlySet<MediaKind>;

/**
 * A chat whose addresses are replaced by content, in the order of its parts. The same chat where
 * nothing is.
 */
export function replaceInChat(chat: Chat, kinds: Kinds, replace: ReplaceMedia): Chat {
  let messages: Chat["messages"] | undefined;
  for (const [at, message] of chat.messages.entries()) {
    if (!message.parts.some(mayRefer)) continue;
    const parts = replaceInParts(message.parts, `messages[${at}].parts`, kinds, replace);
    if (parts === message.parts) continue;
    messages ??= [...chat.messages];
    messages[at] = { ...message, parts };
  }
  return messages === undefined ? chat : { ...chat, messages };
}

/**
 * Whether anything of a chat could refer to content by address. Most chats hold text alone, which
 * costs nothing more.
 */
export function mayHoldMedia(chat: Chat): boolean {
  for (const { parts } of chat.messages) if (parts.some(mayRefer)) return true;
  return false;
}

/** A tool's result may hold media inside, so it counts as well. */
function mayRefer({ content }: Part): boolean {
  switch (content.case) {
    case "image":
    case "audio":
    case "video":
    case "document":
    case "toolResult":
      return true;
    default:
      return false;
  }
}

/** The same for what is to be embedded. */
export function replaceInSpec(spec: EmbedSpec, kinds: Kinds, replace: ReplaceMedia): EmbedSpec {
  if (!(kinds.has("image") && spec.inputs.some(({ input }) => input.case === "image"))) return spec;
  let inputs: EmbedSpec["inputs"] | undefined;
  for (const [at, entry] of spec.inputs.entries()) {
    if (entry.input.case !== "image") continue;
    const content = replaced(
      { case: "image", value: entry.input.value },
      `inputs[${at}].image`,
      kinds,
      replace,
    );
    if (content?.case !== "image") continue;
    inputs ??= [...spec.inputs];
    inputs[at] = { ...entry, input: content };
  }
  return inputs === undefined ? spec : { ...spec, inputs };
}

function replaceInParts(parts: Part[], path: string, kinds: Kinds, replace: ReplaceMedia): Part[] {
  let own: Part[] | undefined;
  for (const [at, part] of parts.entries()) {
    const content = replaceInContent(part.content, `${path}[${at}]`, kinds, replace);
    if (content === part.content) continue;
    own ??= [...parts];
    own[at] = { ...part, content };
  }
  return own ?? parts;
}

/** Looks into tool results and documents too; what is unchanged stays the same object. */
function replaceInContent(
  content: Part["content"],
  path: string,
  kinds: Kinds,
  replace: ReplaceMedia,
): Part["content"] {
  if (content.case === "toolResult") {
    const inner = replaceInParts(
      content.value.content,
      `${path}.tool_result.content`,
      kinds,
      replace,
    );
    return inner === content.value.content
      ? content
      : { ...content, value: { ...content.value, content: inner } };
  }
  if (content.case === "document" && content.value.source.case === "content") {
    const { source } = content.value;
    const parts = replaceInParts(
      source.value.parts,
      `${path}.document.content.parts`,
      kinds,
      replace,
    );
    if (parts === source.value.parts) return content;
    return {
      ...content,
      value: { ...content.value, source: { ...source, value: { ...source.value, parts } } },
    };
  }
  return replaced(content, `${path}.${content.case}`, kinds, replace) ?? content;
}

/** The content with its bytes; undefined where it stays: another kind, or no URL. */
function replaced(
  content: Part["content"],
  path: string,
  kinds: Kinds,
  replace: ReplaceMedia,
): Part["content"] | undefined {
  switch (content.case) {
    case "image":
    case "audio":
    case "video":
    case "document":
      break;
    default:
      return undefined;
  }
  const { source } = content.value;
  if (source.case !== "url" || !kinds.has(content.case)) return undefined;
  const media = replace({ field: `${path}.url`, kind: content.case, url: source.value });
  return media === undefined ? undefined : withBytes(content, media);
}

type MediaContent = Extract<Part["content"], { case: MediaKind }>;

function withBytes(content: MediaContent, { data, mediaType }: FetchedMedia): MediaContent {
  const source = { case: "data", value: data } as const;
  switch (content.case) {
    case "image":
      return { ...content, value: { ...content.value, source, mediaType } };
    case "video":
      return { ...content, value: { ...content.value, source, mediaType } };
    case "document":
      return { ...content, value: { ...content.value, source, mediaType } };
    case "audio": {
      const format = content.value.format || mediaType.replace("audio/", "");
      return { ...content, value: { ...content.value, source, format } };
    }
  }
}
