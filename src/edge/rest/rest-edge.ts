import { encodeTags } from "../../adapters/ollama/facade-tags.ts";
import type { Engine } from "../engine.ts";
import { createRestHandler, type RestHandler } from "./rest-handler.ts";
import type { Facades } from "./rest-route.ts";

/** The REST surface for the clients that there are: those of OpenAI, Anthropic, Google, Ollama and Cohere. */
export function createRestEdge(engine: Engine, ready: () => boolean): RestHandler {
  const facades: Facades = {
    openAi: once(async () => (await import("../../adapters/openai-chat/index.ts")).openAiChatFacade),
    responses: once(async () => (await import("../../adapters/openai-responses/index.ts")).openAiResponsesFacade),
    anthropic: once(async () => (await import("../../adapters/anthropic-messages/index.ts")).anthropicMessagesFacade),
    gemini: once(async () => (await import("../../adapters/gemini/index.ts")).geminiFacade),
    ollama: once(async () => (await import("../../adapters/ollama/index.ts")).ollamaFacade),
    ollamaGenerate: once(async () => (await import("../../adapters/ollama/index.ts")).ollamaGenerateFacade),
    cohere: once(async () => (await import("../../adapters/cohere/index.ts")).cohereFacade),
  };
  return createRestHandler({ engine, facades, ready, encodeTags });
}

/** An import that has been made costs little, but more than a promise that is kept. */
function once<T>(load: () => Promise<T>): () => Promise<T> {
  let loading: Promise<T> | undefined;
  return () => {
    loading ??= load();
    return loading;
  };
}
