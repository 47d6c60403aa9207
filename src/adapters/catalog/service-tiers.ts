import type { ServiceTierPrices } from "../../../gen/parlance/model/v1/model_facts_pb.js";

/**
 * What vendors' tiers of service cost of the usual price, by the row of the catalog, as their price
 * pages say. A tier whose price differs from model to model is not here: it has no known price.
 * - OpenAI: Batch is half, and flex costs what Batch does
 *   (https://platform.openai.com/docs/guides/flex-processing, 2026-11).
 * - Anthropic: batches are half
 *   (https://platform.claude.com/docs/en/build-with-claude/batch-processing, 2026-11).
 * - Google: batches and flex are half; priority is 75 to 100 percent more, by the model
 *   (https://ai.google.dev/gemini-api/docs/optimization, 2026-11).
 * - Bedrock: flex is half, priority 75 percent more
 *   (https://aws.amazon.com/bedrock/service-tiers/, 2026-11).
 * - Groq: flex costs what on-demand does (https://console.groq.com/docs/flex-processing, 2026-11).
 */
const percents: Readonly<Record<string, Readonly<Record<string, number>>>> = {
  openai: { flex: 50, batch: 50 },
  azure: { batch: 50 },
  anthropic: { batch: 50 },
  gemini: { flex: 50, batch: 50 },
  vertex_ai: { batch: 50 },
  bedrock: { flex: 50, priority: 175, batch: 50 },
  bedrock_invoke: { flex: 50, priority: 175, batch: 50 },
  groq: { flex: 100 },
};

/** The tiers of the vendor of a row whose price is known. */
export function serviceTiersOf(row: string): readonly ServiceTierPrices[] {
  return Object.entries(percents[row] ?? {}).map(([tier, percent]) => ({
    $typeName: "parlance.model.v1.ServiceTierPrices",
    tier,
    percent,
  }));
}
