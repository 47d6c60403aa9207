import { anthropicMessagesFacade } from "../../adapters/anthropic-messages/index.ts";
import { openAiChatFacade } from "../../adapters/openai-chat/index.ts";
import type { Engine } from "../engine.ts";
import { createRestHandler, type RestHandler } from "./rest-handler.ts";

/** The REST surface for the clients that there are: those of OpenAI and of Anthropic. */
export function createRestEdge(engine: Engine, ready: () => boolean): RestHandler {
  return createRestHandler({ engine, openAi: openAiChatFacade, anthropic: anthropicMessagesFacade, ready });
}
