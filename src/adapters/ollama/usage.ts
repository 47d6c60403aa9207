import type { Usage } from "../../../gen/parlance/chat/v1/usage_pb.js";
import type { JsonObject } from "../../json/json.ts";
import { countAt } from "../shared/count-at.ts";

/**
 * Usage from `prompt_eval_count` and `eval_count`; undefined where both are absent. Servers leave a
 * count out that is 0, and older ones the prompt's where they had it in their cache: such a count
 * stays unset, for it need not be 0.
 */
export function decodeUsage(json: JsonObject): Usage | undefined {
  const input = countAt(json, "prompt_eval_count");
  const output = countAt(json, "eval_count");
  if (input === undefined && output === undefined) return undefined;
  return {
    $typeName: "parlance.chat.v1.Usage",
    ...(input === undefined ? undefined : { inputTokens: input }),
    ...(output === undefined ? undefined : { outputTokens: output }),
    toolUses: {},
    serviceTier: "",
    extrasJson: {},
  };
}
