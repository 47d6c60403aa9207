import type { Usage } from "../../../gen/parlance/chat/v1/usage_pb.js";
import { type JsonObject, objectAt } from "../../json/json.ts";
import { unknownMembers } from "../../json/members.ts";
import { noSource } from "../../json/source-slice.ts";
import { countAt } from "../shared/count-at.ts";
import { decodeBilledUsage } from "./billed-usage.ts";

const known: ReadonlySet<string> = new Set(["prompt_tokens", "total_tokens"]);

/**
 * The usage of a rerank: `meta` as Cohere reports it, or `usage` with tokens in OpenAI's format, as
 * most others send it.
 */
export function decodeRerankUsage(reply: JsonObject, name: string): Usage | undefined {
  const meta = objectAt(reply, "meta");
  if (meta !== undefined) return decodeBilledUsage(meta, name);
  const usage = objectAt(reply, "usage");
  if (usage === undefined) return undefined;
  const total = countAt(usage, "total_tokens");
  const input = countAt(usage, "prompt_tokens") ?? total;
  const others = unknownMembers(usage, noSource, known);
  return {
    $typeName: "parlance.chat.v1.Usage",
    ...(input === undefined ? undefined : { inputTokens: input }),
    ...(total === undefined ? undefined : { totalTokens: total }),
    toolUses: {},
    serviceTier: "",
    extrasJson: others === "" ? {} : { [name]: others },
  };
}
