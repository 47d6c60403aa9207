import { dropped, type EncodeReport, mapped } from "../../core/fidelity/encode-report.ts";

/**
 * The tier of a request in OpenAI's words: `auto`, `default`, `flex`, `scale` and `priority`
 * (https://platform.openai.com/docs/api-reference/chat/create, 2026-11). Anthropic's and Google's
 * words for the usual tier become `default`, and what only they have is dropped. A word that nobody
 * else has may be the vendor's own, as hosts of this dialect have them.
 */
export function openaiRequestTier(tier: string, report: EncodeReport): string | undefined {
  switch (tier) {
    case "":
      return undefined;
    case "standard":
    case "standard_only":
      mapped(report, "service_tier", "sent as default");
      return "default";
    case "batch":
      dropped(report, "service_tier", "a call cannot be made part of a batch");
      return undefined;
    default:
      return tier;
  }
}

/** The tier that served a call, in the words that OpenAI's clients read; undefined for "". */
export function openaiTier(tier: string): string | undefined {
  switch (tier) {
    case "":
      return undefined;
    case "standard":
    case "standard_only":
    case "batch":
      return "default";
    default:
      return tier;
  }
}

/**
 * The tier that served a call, in the words that Anthropic's clients read: `standard`, `priority`
 * and `batch` (https://platform.claude.com/docs/en/api/service-tiers, 2026-11); undefined for "".
 */
export function anthropicTier(tier: string): string | undefined {
  switch (tier) {
    case "":
      return undefined;
    case "priority":
    case "scale":
    case "reserved":
      return "priority";
    case "batch":
      return "batch";
    default:
      return "standard";
  }
}
