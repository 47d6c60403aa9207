import type { Dialect } from "../core/dialect.ts";
import { anthropicMessages } from "./anthropic-messages/index.ts";
import { createAzureDialect } from "./azure-openai/index.ts";
import { bedrockConverse } from "./bedrock-converse/index.ts";
import { createInvokeDialect } from "./bedrock-converse/invoke.ts";
import { cohere } from "./cohere/index.ts";
import { gemini } from "./gemini/index.ts";
import { huggingfaceTei } from "./huggingface-tei/index.ts";
import { huggingfaceTgi } from "./huggingface-tgi/index.ts";
import { ollama } from "./ollama/index.ts";
import { openAiChat } from "./openai-chat/index.ts";
import { openAiResponses } from "./openai-responses/index.ts";
import { replicate } from "./replicate/index.ts";
import { createEndpointDialect } from "./sagemaker/index.ts";
import { createVertexChat } from "./vertex-ai/chat.ts";
import { createVertexMessages } from "./vertex-ai/messages.ts";
import { createWatsonx } from "./watsonx/index.ts";

/** Every dialect we call vendors in, by the name that rows of the catalog use. */
export function createDialects(): ReadonlyMap<string, Dialect> {
  const endpoint = { serviceError: bedrockConverse.decodeError };
  const all: readonly Dialect[] = [
    openAiChat,
    openAiResponses,
    anthropicMessages,
    gemini,
    ollama,
    cohere,
    huggingfaceTgi,
    huggingfaceTei,
    bedrockConverse,
    createInvokeDialect(anthropicMessages),
    createEndpointDialect({ ...endpoint, name: "sagemaker-chat", container: openAiChat, quirks: {} }),
    createEndpointDialect({
      ...endpoint,
      name: "sagemaker-tgi",
      container: huggingfaceTgi,
      quirks: { singlePath: true },
    }),
    createWatsonx(openAiChat),
    replicate,
  ];
  // These keep the names of the dialects that they speak, and have others in the catalog.
  const hosted: readonly (readonly [string, Dialect])[] = [
    ["azure-openai", createAzureDialect(openAiChat)],
    ["azure-openai-responses", createAzureDialect(openAiResponses)],
    ["vertex-messages", createVertexMessages(anthropicMessages, gemini)],
    ["vertex-chat", createVertexChat(openAiChat)],
  ];
  return new Map([...all.map((dialect) => [dialect.name, dialect] as const), ...hosted]);
}
