import type { Dialect } from "../core/dialect.ts";
import { anthropicMessages } from "./anthropic-messages/index.ts";
import { gemini } from "./gemini/index.ts";
import { openAiChat } from "./openai-chat/index.ts";
import { openAiResponses } from "./openai-responses/index.ts";

/** Every dialect we call vendors in, by name. */
export function createDialects(): ReadonlyMap<string, Dialect> {
  const all: readonly Dialect[] = [openAiChat, openAiResponses, anthropicMessages, gemini];
  return new Map(all.map((dialect) => [dialect.name, dialect]));
}
