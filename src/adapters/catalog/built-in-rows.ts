import type { CatalogRow } from "./catalog-row.ts";
import { openaiChatRow } from "./openai-chat-row.ts";

/** The kinds that name a dialect and no vendor, and the simulator. */
export const builtInRows: readonly CatalogRow[] = [
  openaiChatRow({
    id: "openai_compatible",
    name: "Any server that speaks OpenAI's dialect",
    baseUrl: null,
    credentialEnv: [],
    credentialOptional: true,
    operations: ["chat", "embed", "models"],
    docs: "https://platform.openai.com/docs/api-reference/chat",
  }),
  {
    id: "openai_responses_compatible",
    name: "Any server that speaks OpenAI's Responses dialect",
    baseUrl: null,
    credentialEnv: [],
    credentialOptional: true,
    auth: "bearer",
    dialect: "openai-responses",
    operations: ["chat", "models"],
    quirks: {},
    unverified: [],
    docs: "https://platform.openai.com/docs/api-reference/responses",
  },
  {
    id: "anthropic_compatible",
    name: "Any server that speaks Anthropic's dialect",
    baseUrl: null,
    credentialEnv: [],
    credentialOptional: true,
    auth: { header: "x-api-key" },
    dialect: "anthropic-messages",
    operations: ["chat", "count_tokens", "models"],
    quirks: {},
    unverified: [],
    docs: "https://docs.anthropic.com/en/api/messages",
  },
  {
    id: "sim",
    name: "Built-in simulator",
    baseUrl: null,
    credentialEnv: [],
    credentialOptional: true,
    auth: "none",
    dialect: "sim",
    operations: ["chat", "embed", "count_tokens", "models"],
    quirks: {},
    unverified: [],
    docs: "",
  },
];
