import { encodeTags } from "../../adapters/ollama/client/tags.ts";
import type { Facade } from "../../core/dialect.ts";
import type { Engine } from "../gateway-api.ts";
import { createRestHandler, type RestHandler, type RestOptions } from "./rest-handler.ts";
import type { Facades } from "./rest-route.ts";

/**
 * The REST surface for the clients that there are: those of OpenAI, Anthropic, Google, Ollama and
 * Cohere.
 */
export function createRestEdge(
  engine: Engine,
  { ready, refuseElsewhere }: Pick<RestOptions, "ready" | "refuseElsewhere">,
): RestHandler {
  const facades: Facades = {
    openAi: createFacadeLoader(
      async () => (await import("../../adapters/openai-chat/index.ts")).openAiChatFacade,
    ),
    responses: createFacadeLoader(
      async () => (await import("../../adapters/openai-responses/index.ts")).openAiResponsesFacade,
    ),
    anthropic: createFacadeLoader(
      async () =>
        (await import("../../adapters/anthropic-messages/index.ts")).anthropicMessagesFacade,
    ),
    gemini: createFacadeLoader(
      async () => (await import("../../adapters/gemini/index.ts")).geminiFacade,
    ),
    ollama: createFacadeLoader(
      async () => (await import("../../adapters/ollama/index.ts")).ollamaFacade,
    ),
    ollamaGenerate: createFacadeLoader(
      async () => (await import("../../adapters/ollama/index.ts")).ollamaGenerateFacade,
    ),
    cohere: createFacadeLoader(
      async () => (await import("../../adapters/cohere/index.ts")).cohereFacade,
    ),
  };
  return createRestHandler({ engine, facades, ready, refuseElsewhere, encodeTags });
}

/**
 * Loads a facade when it is first asked for. An import that has been made costs little, but more
 * than a promise that is kept; one that failed is made again for the next who asks.
 */
export function createFacadeLoader(load: () => Promise<Facade>): () => Promise<Facade> {
  let loading: Promise<Facade> | undefined;
  return () => {
    loading ??= load().catch((error: unknown) => {
      loading = undefined;
      throw error;
    });
    return loading;
  };
}
