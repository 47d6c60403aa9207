import type { Usage } from "../../../gen/parlance/chat/v1/usage_pb.js";
import { arrayAt, isObject, type JsonObject, objectAt } from "../../json/json.ts";
import { type Body, membersOf, unknownMembers } from "../../json/members.ts";
import type { Source } from "../../json/source-slice.ts";
import { rawJson } from "../../json/write.ts";
import { countAt } from "../shared/count-at.ts";
import { DIALECT } from "./wire.ts";

/** Members with a field in the contract. The `...TokenCount` twins repeat their namesakes. */
const KNOWN: ReadonlySet<string> = new Set([
  "inputTokens",
  "outputTokens",
  "totalTokens",
  "cacheReadInputTokens",
  "cacheReadInputTokenCount",
  "cacheWriteInputTokens",
  "cacheWriteInputTokenCount",
  "cacheDetails",
  "serverToolUsage",
]);

/**
 * The vendor's usage: `inputTokens` there is the uncached rest, here all of the prompt. Members
 * without a field here are kept as extras. See
 * https://docs.aws.amazon.com/bedrock/latest/APIReference/API_runtime_TokenUsage.html.
 */
export function decodeUsage(json: JsonObject, source: Source, serviceTier: string): Usage {
  const uncached = countAt(json, "inputTokens");
  const read = countAt(json, "cacheReadInputTokens") ?? countAt(json, "cacheReadInputTokenCount");
  const write =
    countAt(json, "cacheWriteInputTokens") ?? countAt(json, "cacheWriteInputTokenCount");
  const write5m = writtenFor(json, "5m");
  const write1h = writtenFor(json, "1h");
  const output = countAt(json, "outputTokens");
  const total = countAt(json, "totalTokens");
  const extras = unknownMembers(json, source, KNOWN);
  return {
    $typeName: "parlance.chat.v1.Usage",
    ...(uncached === undefined
      ? undefined
      : { inputTokens: uncached + (read ?? 0n) + (write ?? 0n) }),
    ...(read === undefined ? undefined : { cacheReadTokens: read }),
    ...(write === undefined ? undefined : { cacheWriteTokens: write }),
    ...(write5m === undefined ? undefined : { cacheWrite5mTokens: write5m }),
    ...(write1h === undefined ? undefined : { cacheWrite1hTokens: write1h }),
    ...(output === undefined ? undefined : { outputTokens: output }),
    ...(total === undefined ? undefined : { totalTokens: total }),
    toolUses: decodeToolUses(objectAt(json, "serverToolUsage")),
    serviceTier,
    extrasJson: extras === "" ? {} : { [DIALECT]: extras },
  };
}

/** What was written to the cache for so long; undefined where the vendor does not split it. */
function writtenFor(json: JsonObject, ttl: string): bigint | undefined {
  let sum: bigint | undefined;
  for (const detail of arrayAt(json, "cacheDetails") ?? []) {
    if (!isObject(detail) || detail.ttl !== ttl) continue;
    const count = countAt(detail, "inputTokens");
    if (count !== undefined) sum = (sum ?? 0n) + count;
  }
  return sum;
}

function decodeToolUses(json: JsonObject | undefined): Record<string, bigint> {
  const uses: Record<string, bigint> = {};
  if (json === undefined) return uses;
  for (const key of Object.keys(json)) {
    const count = countAt(json, key);
    if (count !== undefined) uses[key] = count;
  }
  return uses;
}

/**
 * Usage in the vendor's words, which the SDKs take for granted: what is not known is 0. The prompt
 * is split into what was cached and what was not.
 */
export function encodeUsage(usage: Usage | undefined): Body {
  const read = usage?.cacheReadTokens;
  const write = usage?.cacheWriteTokens;
  const uncached = (usage?.inputTokens ?? 0n) - (read ?? 0n) - (write ?? 0n);
  const input = uncached < 0n ? 0n : uncached;
  const output = usage?.outputTokens ?? 0n;
  const total = usage?.totalTokens ?? input + (read ?? 0n) + (write ?? 0n) + output;
  const body: Body = {
    inputTokens: Number(input),
    outputTokens: Number(output),
    totalTokens: Number(total),
    ...(read === undefined ? undefined : { cacheReadInputTokens: Number(read) }),
    ...(write === undefined ? undefined : { cacheWriteInputTokens: Number(write) }),
  };
  if (usage !== undefined) addDetails(body, usage);
  return body;
}

function addDetails(body: Body, usage: Usage): void {
  const details = [
    ["5m", usage.cacheWrite5mTokens],
    ["1h", usage.cacheWrite1hTokens],
  ] as const;
  const split = details.flatMap(([ttl, count]) =>
    count === undefined ? [] : [{ ttl, inputTokens: Number(count) }],
  );
  if (split.length > 0) body.cacheDetails = split;
  const uses = Object.entries(usage.toolUses);
  if (uses.length > 0)
    body.serverToolUsage = Object.fromEntries(uses.map(([key, count]) => [key, Number(count)]));
  for (const [key, text] of membersOf(usage.extrasJson[DIALECT] ?? "") ?? []) {
    if (!KNOWN.has(key)) body[key] = rawJson(text);
  }
}
