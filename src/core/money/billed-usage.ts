import type { Usage } from "../../../gen/parlance/chat/v1/usage_pb.js";
import { isObject, type Json, parseJson } from "../../json/json.ts";

/**
 * Usage as the vendor bills it: where it says `billed_units` beside the tokens that its model read
 * and wrote, as Cohere does, those count, and a cache takes no part. Else as it is.
 */
export function billedUsage(usage: Usage): Usage {
  for (const text of Object.values(usage.extrasJson)) {
    if (!text.includes('"billed_units"')) continue;
    const parsed = parseJson(text);
    const billed = parsed.ok && isObject(parsed.value) ? parsed.value.billed_units : undefined;
    if (!isObject(billed)) continue;
    const input = countOf(billed.input_tokens);
    if (input === undefined) continue;
    const { cacheReadTokens: _, cacheWriteTokens: __, ...rest } = usage;
    return { ...rest, inputTokens: input, outputTokens: countOf(billed.output_tokens) ?? 0n };
  }
  return usage;
}

function countOf(value: Json | undefined): bigint | undefined {
  return typeof value === "number" && Number.isSafeInteger(value) && value >= 0
    ? BigInt(value)
    : undefined;
}
