import { isMessage } from "@bufbuild/protobuf";
import { type Chat, ChatSchema } from "../../../gen/parlance/chat/v1/chat_pb.js";
import type { Part } from "../../../gen/parlance/chat/v1/part_pb.js";
import type { Tool } from "../../../gen/parlance/chat/v1/tool_pb.js";
import { type EmbedSpec, EmbedSpecSchema } from "../../../gen/parlance/embed/v1/embedding_pb.js";
import {
  type ModerationSpec,
  ModerationSpecSchema,
} from "../../../gen/parlance/moderation/v1/moderation_pb.js";
import { type RerankSpec, RerankSpecSchema } from "../../../gen/parlance/rerank/v1/ranking_pb.js";
import type { RequestMessage } from "../../core/operation.ts";
import { textTokens } from "./text-tokens.ts";

/** What a request holds may be of these kinds. */
export type ContentKind = "text" | "image" | "audio" | "video" | "file";

/** What conditions of rules read of the content of a request. */
export interface RequestContent {
  /** Estimated. Sound, film and files count nothing. */
  readonly inputTokens: number;
  /** Messages of a chat, documents of a rerank, inputs of other operations. */
  readonly count: number;
  readonly kinds: ReadonlySet<ContentKind>;
}

/** Counts what a request holds. Takes time linear in it. */
export function contentOf(message: RequestMessage): RequestContent {
  const counting: Counting = { tokens: 0, count: 0, kinds: new Set() };
  if (isMessage(message, ChatSchema)) countChat(message, counting);
  else if (isMessage(message, EmbedSpecSchema)) countEmbed(message, counting);
  else if (isMessage(message, RerankSpecSchema)) countRerank(message, counting);
  else if (isMessage(message, ModerationSpecSchema)) countModeration(message, counting);
  const { tokens, count, kinds } = counting;
  return { inputTokens: Math.ceil(tokens), count, kinds };
}

/** The same of a chat that is these texts, each a message of its own. */
export function contentOfTexts(texts: readonly string[]): RequestContent {
  const counting: Counting = {
    tokens: messageTokens * texts.length,
    count: texts.length,
    kinds: new Set(),
  };
  for (const text of texts) countText(text, counting);
  const { tokens, count, kinds } = counting;
  return { inputTokens: Math.ceil(tokens), count, kinds };
}

interface Counting {
  tokens: number;
  count: number;
  readonly kinds: Set<ContentKind>;
}

/** Around each message, with its role. */
const messageTokens = 4;

/** Of a picture of 1024 by 1024 pixels, as OpenAI counts them. */
const imageTokens = 765;

function countChat(chat: Chat, counting: Counting): void {
  counting.count = chat.messages.length;
  counting.tokens += messageTokens * chat.messages.length;
  for (const { parts } of chat.messages) for (const part of parts) countPart(part, counting);
  for (const tool of chat.tools) countTool(tool, counting);
}

function countPart({ content }: Part, counting: Counting): void {
  switch (content.case) {
    case "text":
    case "refusal":
    case "reasoning":
      countText(content.value.text, counting);
      return;
    case "image":
      countImage(counting);
      return;
    case "audio":
    case "video":
      counting.kinds.add(content.case);
      return;
    case "document":
      counting.kinds.add("file");
      return;
    case "toolCall":
      countHidden(content.value.input.value ?? "", counting);
      return;
    case "toolResult":
      for (const part of content.value.content) countPart(part, counting);
      return;
    case "opaque":
      countHidden(content.value.json, counting);
      return;
    case undefined:
      return;
  }
}

function countTool({ tool }: Tool, counting: Counting): void {
  if (tool.case === "builtin") countHidden(tool.value.json, counting);
  else if (tool.case !== undefined) {
    countHidden(tool.value.name, counting);
    countHidden(tool.value.description, counting);
  }
  if (tool.case === "function") countHidden(tool.value.parametersJson, counting);
}

function countText(text: string, counting: Counting): void {
  counting.kinds.add("text");
  countHidden(text, counting);
}

/** A text that is not a part of its own. */
function countHidden(text: string, counting: Counting): void {
  counting.tokens += textTokens(text);
}

function countImage(counting: Counting): void {
  counting.kinds.add("image");
  counting.tokens += imageTokens;
}

function countEmbed({ inputs }: EmbedSpec, counting: Counting): void {
  counting.count = inputs.length;
  for (const { input } of inputs) {
    if (input.case === "text") countText(input.value, counting);
    else if (input.case === "image") countImage(counting);
    else if (input.case === "tokens") {
      counting.kinds.add("text");
      counting.tokens += input.value.ids.length;
    }
  }
}

function countRerank({ query, documents }: RerankSpec, counting: Counting): void {
  counting.count = documents.length;
  countText(query, counting);
  for (const { document } of documents) countHidden(document.value ?? "", counting);
}

function countModeration({ inputs }: ModerationSpec, counting: Counting): void {
  counting.count = inputs.length;
  for (const { parts } of inputs) {
    for (const { part } of parts) {
      if (part.case === "text") countText(part.value, counting);
      else if (part.case === "image") countImage(counting);
    }
  }
}
