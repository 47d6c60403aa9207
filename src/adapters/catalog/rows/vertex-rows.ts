import type { DeclaredFamily, DeclaredRow } from "../catalog-row.ts";
import { rerankerFamily } from "../reranker-family.ts";
import { mistralMembers } from "./chat-members.ts";
import { openaiChatQuirks } from "./openai-chat-row.ts";

/** Claude. See https://platform.claude.com/docs/en/build-with-claude/claude-on-vertex-ai. */
const claude: DeclaredFamily = {
  models: /^(?:(?:publishers\/)?anthropic\/(?:models\/)?)?claude-/,
  example: "claude-sonnet-4-5@20250929",
  dialect: "vertex-messages",
  operations: ["chat", "count_tokens"],
  // A policy of the organization refuses structured outputs unless it is changed:
  // https://docs.cloud.google.com/vertex-ai/generative-ai/docs/partner-models/claude/structured_outputs
  // (2026-11).
  quirks: { structuredOutput: false },
};

/**
 * Mistral's models have addresses of their own. See
 * https://docs.cloud.google.com/vertex-ai/generative-ai/docs/partner-models/mistral.
 */
const mistral: DeclaredFamily = {
  models: /^(?:(?:publishers\/)?mistralai\/(?:models\/)?)?(?:mistral|ministral|codestral)[^/]*$/,
  example: "mistral-medium-3",
  dialect: "vertex-chat",
  operations: ["chat"],
  quirks: {
    ...openaiChatQuirks,
    seedField: "random_seed",
    streamUsage: false,
    reasoningField: "none",
    extendedSampling: false,
    ...mistralMembers,
  },
};

/**
 * Open models that embed, by the method of Gemini's. See
 * https://docs.cloud.google.com/vertex-ai/generative-ai/docs/maas/use-open-models.
 */
const embedders: DeclaredFamily = {
  models: /^intfloat\//,
  example: "intfloat/multilingual-e5-large-instruct-maas",
  dialect: "gemini",
  operations: ["embed"],
  quirks: { vertex: true },
};

/**
 * Other makers' models are named with their maker. See
 * https://docs.cloud.google.com/vertex-ai/generative-ai/docs/maas/call-open-model-apis.
 */
const partners: DeclaredFamily = {
  models: /^(?!google\/|models\/|publishers\/|endpoints\/)[^/]+\/[^/]/,
  example: "meta/llama-3.3-70b-instruct-maas",
  dialect: "vertex-chat",
  operations: ["chat"],
  quirks: { ...openaiChatQuirks, extendedSampling: false },
};

/** Rankings are a service of Vertex AI Search, which serves them in one place. */
const rankers = rerankerFamily(
  "vertex-rerank",
  "semantic-ranker-default-004",
  "https://discoveryengine.googleapis.com/v1/projects/{project}/locations/global",
  /^semantic-ranker-/,
);

/**
 * Vertex AI: Gemini, and by their names the models of other makers. Without a project, API keys of
 * its express mode are taken.
 */
export const vertexRows: readonly DeclaredRow[] = [
  {
    id: "vertex_ai",
    name: "Google Vertex AI",
    baseUrl: "https://{location}-aiplatform.googleapis.com",
    pathPrefix: "/v1/projects/{project}/locations/{location}",
    credentialEnv: ["GOOGLE_VERTEX_API_KEY"],
    credentialOptional: true,
    auth: { google: "https://www.googleapis.com/auth/cloud-platform" },
    dialect: "gemini",
    families: [claude, mistral, embedders, rankers, partners],
    operations: ["chat", "embed", "count_tokens"],
    quirks: { vertex: true },
    unverified: ["families"],
    docs: "https://docs.cloud.google.com/vertex-ai/generative-ai/docs/model-reference/inference",
  },
];
