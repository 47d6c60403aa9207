import type { Usage } from "../../../gen/parlance/chat/v1/usage_pb.js";
import { signedUsd } from "../../core/ledger/call-entry.ts";
import type { Attributes } from "./otlp-attributes.ts";

/** The name of a provider of the config in the conventions of OpenTelemetry, such as `openai`. */
export type NameProvider = (provider: string) => string;

/** What the conventions call operations, where they have a name of their own for them. */
const operationNames: Readonly<Record<string, string>> = {
  embed: "embeddings",
};

/** The name of an operation in the conventions; its own where they have none. */
export function operationName(operation: string): string {
  return operationNames[operation] ?? operation;
}

/** What a call or an attempt took. */
export function usageAttributes(usage: Usage | undefined): Attributes {
  return {
    "gen_ai.usage.input_tokens": usage?.inputTokens,
    "gen_ai.usage.output_tokens": usage?.outputTokens,
    "gen_ai.usage.cache_read.input_tokens": usage?.cacheReadTokens,
    // The first is its name up to 1.41, the second that after it.
    "gen_ai.usage.cache_creation.input_tokens": usage?.cacheWriteTokens,
    "gen_ai.usage.cache_write.input_tokens": usage?.cacheWriteTokens,
    "gen_ai.usage.reasoning.output_tokens": usage?.reasoningTokens,
  };
}

/** What it cost, or why that is not known. */
export function costAttributes(
  cost:
    | { readonly kind: "priced"; readonly nanoUsd: bigint }
    | { readonly kind: "unpriced"; readonly why: string },
): Attributes {
  return cost.kind === "priced"
    ? { "parlance.cost.usd": signedUsd(cost.nanoUsd), "parlance.cost.nano_usd": cost.nanoUsd }
    : { "parlance.cost.unpriced": cost.why };
}
