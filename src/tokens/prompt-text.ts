import type { Chat } from "../../gen/parlance/chat/v1/chat_pb.js";
import type { Document, Image, Part } from "../../gen/parlance/chat/v1/part_pb.js";

/** What of a prompt is counted, and how. */
export interface PromptPieces {
  readonly texts: string[];
  readonly images: { readonly field: string; readonly image: Image }[];
  /** Content whose tokens nobody can tell from outside the model. */
  readonly uncounted: string[];
}

/** Takes the messages of a prompt apart. */
export function promptPieces(chat: Chat): PromptPieces {
  const pieces: PromptPieces = { texts: [], images: [], uncounted: [] };
  for (const [at, message] of chat.messages.entries()) {
    if (message.name !== "") pieces.texts.push(message.name);
    addParts(pieces, message.parts, `messages[${at}].parts`);
  }
  return pieces;
}

function addParts(pieces: PromptPieces, parts: readonly Part[], path: string): void {
  for (const [at, part] of parts.entries()) addPart(pieces, part.content, `${path}[${at}]`);
}

function addPart(pieces: PromptPieces, content: Part["content"], path: string): void {
  switch (content.case) {
    case "text":
    case "refusal":
      pieces.texts.push(content.value.text);
      return;
    case "reasoning":
      pieces.texts.push(
        content.value.text === "" ? content.value.summaries.join("\n\n") : content.value.text,
      );
      return;
    case "toolCall":
      pieces.texts.push(content.value.name, content.value.input.value ?? "");
      return;
    case "toolResult":
      addParts(pieces, content.value.content, `${path}.tool_result.content`);
      return;
    case "opaque":
      pieces.texts.push(content.value.json);
      return;
    case "image":
      pieces.images.push({ field: `${path}.image`, image: content.value });
      return;
    case "document":
      addDocument(pieces, content.value, `${path}.document`);
      return;
    case "audio":
      if (content.value.transcript === "") pieces.uncounted.push(`${path}.audio`);
      else pieces.texts.push(content.value.transcript);
      return;
    case "video":
      pieces.uncounted.push(`${path}.video`);
      return;
    case undefined:
      return;
  }
}

function addDocument(pieces: PromptPieces, document: Document, path: string): void {
  const { source, title, context, mediaType } = document;
  pieces.texts.push(title, context);
  if (source.case === "text") pieces.texts.push(source.value);
  else if (source.case === "content") addParts(pieces, source.value.parts, `${path}.content.parts`);
  else if (source.case === "data" && mediaType.startsWith("text/")) {
    pieces.texts.push(Buffer.from(source.value).toString("utf8"));
  } else pieces.uncounted.push(path);
}
