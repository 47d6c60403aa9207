import type { Dialect } from "../core/dialect.ts";
import { anthropicMessages } from "./anthropic-messages/index.ts";
import { cohere } from "./cohere/index.ts";
import { openAiChat } from "./openai-chat/index.ts";

/** Every dialect we call vendors in, by name. */
export function createDialects(): ReadonlyMap<string, Dialect> {
  const all: readonly Dialect[] = [openAiChat, anthropicMessages, cohere];
  return new Map(all.map((dialect) => [dialect.name, dialect]));
}
