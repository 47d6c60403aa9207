import { anthropicMessagesFacade } from "../../adapters/anthropic-messages/index.ts";
import { cohereFacade } from "../../adapters/cohere/index.ts";
import { openAiChatFacade } from "../../adapters/openai-chat/index.ts";
import type { Engine } from "../engine.ts";
import { createRestHandler, type RestHandler } from "./rest-handler.ts";

/** The REST surface for the clients that there are: those of OpenAI, of Anthropic and of Cohere. */
export function createRestEdge(engine: Engine, ready: () => boolean): RestHandler {
  const facades = { openAi: openAiChatFacade, anthropic: anthropicMessagesFacade, cohere: cohereFacade };
  return createRestHandler({ engine, facades, ready });
}
