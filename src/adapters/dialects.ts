import type { Dialect } from "../core/dialect.ts";

/** The dialects we call vendors in. Each is loaded when it is first needed, so that a start pays for those it uses. */
export interface Dialects {
  /** Those that are loaded, by name. */
  readonly loaded: ReadonlyMap<string, Dialect>;
  /** Loads those of the names that are not. A name that is none of ours is passed over. */
  readonly load: (names: Iterable<string>) => Promise<void>;
}

/** Every dialect, by name; none is loaded yet. */
export function createDialects(): Dialects {
  const loaded = new Map<string, Dialect>();
  const add = async (name: string): Promise<void> => {
    const dialect = loaded.has(name) ? undefined : await loaders.get(name)?.();
    if (dialect !== undefined) loaded.set(name, dialect);
  };
  return {
    loaded,
    load: async (names) => void (await Promise.all(Array.from(new Set(names), add))),
  };
}

const openAiChat = async (): Promise<Dialect> => (await import("./openai-chat/index.ts")).openAiChat;
const anthropicMessages = async (): Promise<Dialect> =>
  (await import("./anthropic-messages/index.ts")).anthropicMessages;

const loaders: ReadonlyMap<string, () => Promise<Dialect>> = new Map([
  ["openai-chat", openAiChat],
  ["openai-responses", async () => (await import("./openai-responses/index.ts")).openAiResponses],
  ["anthropic-messages", anthropicMessages],
  ["gemini", async () => (await import("./gemini/index.ts")).gemini],
  ["ollama", async () => (await import("./ollama/index.ts")).ollama],
  ["cohere", async () => (await import("./cohere/index.ts")).cohere],
  ["huggingface-tgi", async () => (await import("./huggingface-tgi/index.ts")).huggingfaceTgi],
  ["huggingface-tei", async () => (await import("./huggingface-tei/index.ts")).huggingfaceTei],
  ["bedrock-converse", async () => (await import("./bedrock-converse/index.ts")).bedrockConverse],
  [
    "bedrock-invoke",
    async () => (await import("./bedrock-converse/invoke.ts")).createInvokeDialect(await anthropicMessages()),
  ],
]);
