import type { Usage } from "../../../gen/parlance/chat/v1/usage_pb.js";
import type { JsonObject } from "../../json/json.ts";
import { billedUses, decodeBilledUsage } from "../rerank/billed-usage.ts";
import { addAnswerExtras } from "./extras.ts";
import { type Draft, NAME } from "./wire.ts";

/** The vendor's usage: `usage` of a chat, or `meta` of anything else. */
export function decodeUsage(json: JsonObject): Usage {
  return decodeBilledUsage(json, NAME);
}

/** Usage in the vendor's words; billed units are those of the vendor, else the tokens. */
export function encodeUsage(usage: Usage): Draft {
  const input = whole(usage.inputTokens);
  const output = whole(usage.outputTokens);
  const draft: Draft = {
    tokens: {
      input_tokens: input,
      output_tokens: output,
      reasoning_tokens: whole(usage.reasoningTokens),
      image_tokens: whole(usage.inputImageTokens),
    },
    cached_tokens: whole(usage.cacheReadTokens),
  };
  addAnswerExtras(draft, usage.extrasJson[NAME]);
  const units: Draft = { input_tokens: input, output_tokens: output };
  for (const key of billedUses) {
    const uses = usage.toolUses[key];
    if (uses !== undefined) units[key] = Number(uses);
  }
  draft.billed_units ??= units;
  return draft;
}

function whole(value: bigint | undefined): number | undefined {
  return value === undefined ? undefined : Number(value);
}
