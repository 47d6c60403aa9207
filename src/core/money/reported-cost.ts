import type { Usage } from "../../../gen/parlance/chat/v1/usage_pb.js";
import { isObject, type Json, type JsonObject, parseJson } from "../../json/json.ts";

/**
 * What the vendor says that a call cost, in nano-USD, from the members of its usage: `cost` in USD
 * (OpenRouter, Vercel), `cost.total_cost` (Perplexity), `estimated_cost` (DeepInfra), or
 * `cost_in_usd_ticks`, of which there are ten in a nano-USD (xAI). Undefined: it says nothing.
 */
export function reportedCost({ extrasJson }: Usage): bigint | undefined {
  for (const text of Object.values(extrasJson)) {
    if (!text.includes("cost")) continue;
    const parsed = parseJson(text);
    const found = parsed.ok && isObject(parsed.value) ? costIn(parsed.value) : undefined;
    if (found !== undefined) return found;
  }
  return undefined;
}

function costIn({ cost, estimated_cost, cost_in_usd_ticks }: JsonObject): bigint | undefined {
  const own = isObject(cost) ? cost.total_cost : cost;
  return (
    decimalNanoUsd(own) ?? decimalNanoUsd(estimated_cost) ?? decimalNanoUsd(cost_in_usd_ticks, -10)
  );
}

/**
 * A number, or a text of one, times a power of ten, as nano-USD rounded to the nearest. Undefined
 * where it is none, or below 0.
 */
export function decimalNanoUsd(value: Json | undefined, power = 0): bigint | undefined {
  if (typeof value !== "number" && typeof value !== "string") return undefined;
  const found = /^(\d{1,18})(?:\.(\d{1,40}))?(?:[eE]([+-]?\d{1,3}))?$/.exec(String(value));
  if (found === null) return undefined;
  const fraction = found[2] ?? "";
  const digits = BigInt((found[1] ?? "") + fraction);
  const exponent = 9 + power + Number(found[3] ?? 0) - fraction.length;
  if (exponent > 18) return undefined;
  if (exponent >= 0) return digits * 10n ** BigInt(exponent);
  const unit = 10n ** BigInt(-exponent);
  return (digits + unit / 2n) / unit;
}
