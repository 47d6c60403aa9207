import { validateDeepseekChat } from "../../vendors/deepseek/validate-chat.ts";
import { validateMistralChat } from "../../vendors/mistral/validate-chat.ts";
import { startOpenAiVendor } from "../../vendors/openai/start-openai-vendor.ts";
import type { UpstreamRow } from "../upstream-row.ts";
import { anthropicUpstream } from "../upstreams/anthropic.ts";
import { bedrockInvokeUpstream, bedrockUpstream } from "../upstreams/bedrock.ts";
import { cohereUpstream } from "../upstreams/cohere.ts";
import { compatibleUpstream } from "../upstreams/compatible.ts";
import { geminiUpstream } from "../upstreams/gemini.ts";
import { ollamaUpstream } from "../upstreams/ollama.ts";
import { openAiUpstream } from "../upstreams/openai.ts";
import { responsesUpstream } from "../upstreams/responses.ts";

const mistralKey = "matrix-mistral-9876543210";

/** Mistral, which refuses every member that it does not know. */
const mistralUpstream: UpstreamRow = {
  ...compatibleUpstream,
  name: "mistral",
  model: "mistral-large-2512",
  start: () =>
    startOpenAiVendor({
      apiKey: mistralKey,
      lenient: true,
      judge: validateMistralChat,
      tellsUsage: true,
    }),
  provider: (origin) =>
    `kind: mistral, base_url: "${origin}/v1", api_key: { value: ${mistralKey} }`,
};

const deepseekKey = "matrix-deepseek-9876543210";

/** DeepSeek, which knows neither schemas of answers nor images nor developers. */
const deepseekUpstream: UpstreamRow = {
  ...compatibleUpstream,
  name: "deepseek",
  model: "deepseek-chat",
  start: () =>
    startOpenAiVendor({ apiKey: deepseekKey, lenient: true, judge: validateDeepseekChat }),
  provider: (origin) =>
    `kind: deepseek, base_url: "${origin}/v1", api_key: { value: ${deepseekKey} }`,
};

/** A model of an upstream that an agent uses. */
export interface AgentModel {
  readonly upstream: UpstreamRow;
  /** Its name at the upstream, without a scenario. */
  readonly model: string;
  /** Whether its API has a place for images. */
  readonly readsImages: boolean;
}

function modelsOf(upstream: UpstreamRow, ...others: readonly string[]): readonly AgentModel[] {
  return [upstream.model, ...others].map((model) => ({
    upstream,
    model,
    readsImages: upstream.name !== "deepseek",
  }));
}

/** Models that agents run on: of each upstream that has tools, and of each kind of traits. */
export const agentModels: readonly AgentModel[] = [
  ...modelsOf(openAiUpstream, "gpt-4.1", "o3", "gpt-5.1"),
  ...modelsOf(compatibleUpstream),
  ...modelsOf(anthropicUpstream, "claude-opus-4-8"),
  ...modelsOf(responsesUpstream, "gpt-4.1", "o4-mini"),
  ...modelsOf(geminiUpstream, "gemini-2.5-pro"),
  ...modelsOf(bedrockUpstream, "us.anthropic.claude-opus-4-8"),
  ...modelsOf(bedrockInvokeUpstream, "us.anthropic.claude-opus-4-8"),
  ...modelsOf(cohereUpstream),
  ...modelsOf(ollamaUpstream),
  ...modelsOf(mistralUpstream),
  ...modelsOf(deepseekUpstream),
];

/** The upstreams of these models, each once. */
export const agentUpstreams: readonly UpstreamRow[] = [
  ...new Set(agentModels.map(({ upstream }) => upstream)),
];
