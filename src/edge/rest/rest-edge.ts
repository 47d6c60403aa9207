import { anthropicMessagesFacade } from "../../adapters/anthropic-messages/index.ts";
import { geminiFacade } from "../../adapters/gemini/index.ts";
import { openAiChatFacade } from "../../adapters/openai-chat/index.ts";
import { openAiResponsesFacade } from "../../adapters/openai-responses/index.ts";
import type { Engine } from "../engine.ts";
import { createRestHandler, type RestHandler } from "./rest-handler.ts";

/** The REST surface for the clients that there are: those of OpenAI, Anthropic and Google. */
export function createRestEdge(engine: Engine, ready: () => boolean): RestHandler {
  const facades = {
    openAi: openAiChatFacade,
    responses: openAiResponsesFacade,
    anthropic: anthropicMessagesFacade,
    gemini: geminiFacade,
  };
  return createRestHandler({ engine, facades, ready });
}
