import type { OpenAiChatQuirks } from "../../openai-chat/wire.ts";
import type { CatalogRow, DeclaredFamily, DeclaredRow } from "../catalog-row.ts";

/**
 * What an endpoint of the `openai-chat` dialect does unless its row says otherwise: the subset that
 * servers have in common.
 */
export const openaiChatQuirks = {
  maxTokensField: "max_tokens",
  streamUsage: true,
  developerRole: false,
  reasoningField: "reasoning_content",
  jsonSchema: true,
  seedField: "seed",
  parallelToolCalls: true,
} satisfies OpenAiChatQuirks;

/** The facts of a row that differ from the dialect's defaults. */
export type OpenaiChatEntry = Pick<
  CatalogRow,
  "id" | "name" | "baseUrl" | "credentialEnv" | "docs"
> &
  Partial<Omit<CatalogRow, "dialect" | "quirks" | "families">> & {
    readonly quirks?: Partial<OpenAiChatQuirks>;
    readonly families?: readonly DeclaredFamily[];
  };

/**
 * A row of the `openai-chat` dialect: a bearer credential, chat and a model list, and the common
 * quirks, but for what the entry says.
 */
export function openaiChatRow(entry: OpenaiChatEntry): DeclaredRow<"openai-chat"> {
  return {
    credentialOptional: false,
    auth: "bearer",
    operations: ["chat", "models"],
    unverified: [],
    ...entry,
    dialect: "openai-chat",
    quirks: { ...openaiChatQuirks, ...entry.quirks },
  };
}
