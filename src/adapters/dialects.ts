import type { Dialect } from "../core/dialect.ts";
import type { Reranker } from "./rerankers/reranker.ts";

/**
 * The dialects we call vendors in. Each is loaded when it is first needed, so that a start pays for
 * those it uses.
 */
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

/** All dialects, loaded, by the names that rows of the catalog use; always in the same order. */
export async function loadEveryDialect(): Promise<ReadonlyMap<string, Dialect>> {
  const { loaded, load } = createDialects();
  await load(loaders.keys());
  return new Map(
    Array.from(loaders.keys()).flatMap((name) => {
      const dialect = loaded.get(name);
      return dialect === undefined ? [] : [[name, dialect] as const];
    }),
  );
}

type Load = () => Promise<Dialect>;

const openAiChat = async () => (await import("./openai-chat/index.ts")).openAiChat;
const openAiResponses = async () => (await import("./openai-responses/index.ts")).openAiResponses;
const anthropicMessages = async () =>
  (await import("./anthropic-messages/index.ts")).anthropicMessages;
const gemini = async () => (await import("./gemini/index.ts")).gemini;
const huggingfaceTgi = async () => (await import("./huggingface-tgi/index.ts")).huggingfaceTgi;
const bedrockConverse = async () => (await import("./bedrock-converse/index.ts")).bedrockConverse;
const azure = async () => import("./azure-openai/index.ts");
const sageMaker = async () => {
  const { createEndpointDialect } = await import("./sagemaker/index.ts");
  return { createEndpointDialect, serviceError: (await bedrockConverse()).decodeError };
};

/** Rankings in words of a vendor's own, each with the dialect that reads the vendor's errors. */
const rerankers: readonly (readonly [name: string, load: Load])[] = [
  [
    "bedrock-rerank",
    async () => rank((await import("./rerankers/bedrock.ts")).bedrockReranker, bedrockConverse),
  ],
  [
    "vertex-rerank",
    async () => rank((await import("./rerankers/vertex.ts")).vertexReranker, gemini),
  ],
  [
    "dashscope-rerank",
    async () => rank((await import("./rerankers/dashscope.ts")).dashscopeReranker, openAiChat),
  ],
  [
    "deepinfra-rerank",
    async () => rank((await import("./rerankers/deepinfra.ts")).deepinfraReranker, openAiChat),
  ],
  [
    "nvidia-rerank",
    async () => rank((await import("./rerankers/nvidia.ts")).nvidiaReranker, openAiChat),
  ],
];

async function rank(reranker: Reranker, vendor: Load): Promise<Dialect> {
  const { createRerankDialect } = await import("./rerankers/create-reranker.ts");
  return createRerankDialect(reranker, await vendor());
}

/**
 * The hosts' own (`azure-...`, `vertex-...`) keep the names of the dialects that they speak, and
 * have others here.
 */
const loaders: ReadonlyMap<string, Load> = new Map<string, Load>([
  ["openai-chat", openAiChat],
  ["openai-responses", openAiResponses],
  ["anthropic-messages", anthropicMessages],
  ["gemini", gemini],
  ["ollama", async () => (await import("./ollama/index.ts")).ollama],
  ["cohere", async () => (await import("./cohere/index.ts")).cohere],
  ["huggingface-tgi", huggingfaceTgi],
  ["huggingface-tei", async () => (await import("./huggingface-tei/index.ts")).huggingfaceTei],
  ["bedrock-converse", bedrockConverse],
  [
    "bedrock-invoke",
    async () =>
      (await import("./bedrock-converse/invoke.ts")).createInvokeDialect(await anthropicMessages()),
  ],
  [
    "sagemaker-chat",
    async () => {
      const { createEndpointDialect, serviceError } = await sageMaker();
      return createEndpointDialect({
        serviceError,
        name: "sagemaker-chat",
        container: await openAiChat(),
        quirks: {},
      });
    },
  ],
  [
    "sagemaker-tgi",
    async () => {
      const { createEndpointDialect, serviceError } = await sageMaker();
      const container = await huggingfaceTgi();
      return createEndpointDialect({
        serviceError,
        name: "sagemaker-tgi",
        container,
        quirks: { singlePath: true },
      });
    },
  ],
  ["watsonx", async () => (await import("./watsonx/index.ts")).createWatsonx(await openAiChat())],
  ["replicate", async () => (await import("./replicate/index.ts")).replicate],
  ["azure-openai", async () => (await azure()).createAzureDialect(await openAiChat())],
  [
    "azure-openai-responses",
    async () => (await azure()).createAzureDialect(await openAiResponses()),
  ],
  [
    "vertex-messages",
    async () =>
      (await import("./vertex-ai/messages.ts")).createVertexMessages(
        await anthropicMessages(),
        await gemini(),
      ),
  ],
  ...rerankers,
  [
    "vertex-chat",
    async () => (await import("./vertex-ai/chat.ts")).createVertexChat(await openAiChat()),
  ],
]);
