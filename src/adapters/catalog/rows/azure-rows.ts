import type { OpenAiChatQuirks } from "../../openai-chat/wire.ts";
import type { DeclaredFamily, DeclaredRow } from "../catalog-row.ts";
import { openaiMembers } from "./chat-members.ts";
import { openaiChatQuirks } from "./openai-chat-row.ts";

/** The scope of tokens of Microsoft Entra ID for models on Azure. */
const SCOPE = "https://cognitiveservices.azure.com/.default";

/** What OpenAI's models on Azure do. */
const openAiQuirks = {
  ...openaiChatQuirks,
  maxTokensField: "max_completion_tokens",
  developerRole: true,
  reasoningField: "none",
  extendedSampling: false,
  toolIds: "short",
  embedInputs: 2048,
} satisfies OpenAiChatQuirks;

/**
 * Claude in its maker's own dialect. See
 * https://platform.claude.com/docs/en/build-with-claude/claude-in-microsoft-foundry.
 */
const claude: DeclaredFamily = {
  models: /^claude-/,
  example: "claude-sonnet-4-5",
  dialect: "anthropic-messages",
  operations: ["chat", "count_tokens"],
  pathPrefix: "/anthropic",
  // Structured outputs are in beta there:
  // https://platform.claude.com/docs/en/build-with-claude/structured-outputs (2026-11).
  quirks: { structuredOutput: false },
};

/** Cohere's rankings in its own dialect. */
const cohere: DeclaredFamily = {
  models: /^cohere-rerank/i,
  example: "Cohere-rerank-v4.0-pro",
  dialect: "cohere",
  operations: ["rerank"],
  pathPrefix: "/providers/cohere",
  quirks: {},
};

/**
 * Microsoft Azure. The model is the name of a deployment. `azure.api_version` decides between the
 * surface without versions and the API of deployments, or of the Model Inference API of Foundry.
 */
export const azureRows: readonly DeclaredRow[] = [
  azureOpenAi("azure_openai", "Azure OpenAI"),
  azureOpenAi("azure", "Azure OpenAI (LiteLLM's name)"),
  // `https://RESOURCE.services.ai.azure.com`.
  {
    ...azureOpenAi("azure_ai", "Azure AI Foundry"),
    credentialEnv: ["AZURE_AI_API_KEY"],
    families: [claude, cohere],
    quirks: { ...openAiQuirks, developerRole: false, datedPath: "models" },
    unverified: ["quirks", "families"],
    docs: "https://learn.microsoft.com/en-us/azure/ai-foundry/foundry-models/concepts/endpoints",
  },
];

/** `https://RESOURCE.openai.azure.com`. */
function azureOpenAi(id: string, name: string): DeclaredRow<"azure-openai"> {
  return {
    id,
    name,
    baseUrl: null,
    credentialEnv: ["AZURE_OPENAI_API_KEY", "AZURE_API_KEY"],
    credentialOptional: true,
    auth: { entra: SCOPE },
    dialect: "azure-openai",
    alsoSpeaks: ["azure-openai-responses"],
    operations: ["chat", "embed"],
    quirks: { ...openAiQuirks, ...openaiMembers, customTools: true, embedShape: "plain" },
    unverified: [],
    docs: "https://learn.microsoft.com/en-us/azure/ai-foundry/openai/api-version-lifecycle",
  };
}
