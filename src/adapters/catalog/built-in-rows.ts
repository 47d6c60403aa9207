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
  openaiChatRow({
    id: "openai_like",
    name: "Any server that speaks OpenAI's dialect (OPENAI_LIKE_API_KEY)",
    baseUrl: null,
    credentialEnv: ["OPENAI_LIKE_API_KEY"],
    credentialOptional: true,
    operations: ["chat", "embed", "models"],
    docs: "https://platform.openai.com/docs/api-reference/chat",
  }),
  openaiChatRow({
    id: "custom_openai",
    name: "Any server that speaks OpenAI's dialect (OPENAI_API_KEY)",
    baseUrl: null,
    credentialEnv: ["OPENAI_API_KEY"],
    credentialOptional: true,
    operations: ["chat", "embed", "models"],
    docs: "https://platform.openai.com/docs/api-reference/chat",
  }),
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
