import type { Drive } from "./drive.ts";
import { driveOpenAiChat } from "./drive-openai-chat.ts";
import { driveOpenAiResponses } from "./drive-openai-responses.ts";

/** Drives a row that speaks OpenAI's dialect on Azure, where no version is configured. */
export const driveAzureOpenAi: Drive = {
  ...driveOpenAiChat,
  chatPath: () => "/openai/v1/chat/completions",
  embeddingsPath: () => "/openai/v1/embeddings",
};

/** The same for OpenAI's Responses. */
export const driveAzureOpenAiResponses: Drive = {
  ...driveOpenAiResponses,
  chatPath: () => "/openai/v1/responses",
};
