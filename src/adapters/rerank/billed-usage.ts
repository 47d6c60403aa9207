import type { Usage } from "../../../gen/parlance/chat/v1/usage_pb.js";
import { type JsonObject, objectAt } from "../../json/json.ts";
import { unknownMembers } from "../../json/members.ts";
import { noSource } from "../../json/source-slice.ts";
import { countAt } from "../shared/count-at.ts";

const known: ReadonlySet<string> = new Set(["tokens", "cached_tokens", "api_version"]);

/** The units that vendors bill which are no tokens. */
export const billedUses = ["search_units", "classifications"] as const;

/**
 * Usage that tells tokens and billed units apart. `tokens` is what the model really read and wrote,
 * templates and cache included; `billed_units` counts where there is nothing else, and is kept as
 * extras of dialect `name`. Search units and classifications, which have no tokens, are uses of
 * tools. Warnings and other members are kept as extras.
 */
export function decodeBilledUsage(json: JsonObject, name: string): Usage {
  const tokens = objectAt(json, "tokens") ?? {};
  const billed = objectAt(json, "billed_units") ?? {};
  const others = unknownMembers(json, noSource, known);
  return {
    $typeName: "parlance.chat.v1.Usage",
    ...put("inputTokens", countAt(tokens, "input_tokens") ?? countAt(billed, "input_tokens")),
    ...put("cacheReadTokens", countAt(json, "cached_tokens")),
    ...put("outputTokens", countAt(tokens, "output_tokens") ?? countAt(billed, "output_tokens")),
    ...put("reasoningTokens", countAt(tokens, "reasoning_tokens")),
    ...put("inputImageTokens", countAt(tokens, "image_tokens") ?? countAt(billed, "image_tokens")),
    toolUses: readUses(billed),
    serviceTier: "",
    extrasJson: others === "" ? {} : { [name]: others },
  };
}

function readUses(billed: JsonObject): Record<string, bigint> {
  const uses: Record<string, bigint> = {};
  for (const key of billedUses) {
    const value = countAt(billed, key);
    if (value !== undefined) uses[key] = value;
  }
  return uses;
}

function put<K extends keyof Usage>(
  key: K,
  value: bigint | undefined,
): Partial<Record<K, bigint>> | undefined {
  // A computed key widens to string: the compiler cannot see that it is K.
  return value === undefined ? undefined : ({ [key]: value } as Partial<Record<K, bigint>>);
}
