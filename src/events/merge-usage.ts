import type { Usage } from "../../gen/parlance/chat/v1/usage_pb.js";

/**
 * Later usage over earlier, member by member: what the later one tells replaces, what it leaves
 * unset stays, and maps are merged by key, with as many tools as the contract has at most. Neither
 * argument is changed.
 */
export function mergeUsage(earlier: Usage | undefined, later: Usage): Usage {
  if (earlier === undefined) return later;
  const merged: Usage = {
    ...earlier,
    toolUses: mergeToolUses(earlier.toolUses, later.toolUses),
    extrasJson: { ...earlier.extrasJson, ...later.extrasJson },
  };
  if (later.serviceTier !== "") merged.serviceTier = later.serviceTier;
  for (const member of counts) {
    const count = later[member];
    if (count !== undefined) merged[member] = count;
  }
  return merged;
}

/**
 * What several requests took together: counts are added up, and a count that only some report is
 * the sum of those. Undefined for none. `extras_json` of a dialect comes from the first that has
 * it.
 */
export function sumUsage(usages: readonly (Usage | undefined)[]): Usage | undefined {
  let sum: Usage | undefined;
  for (const usage of usages) {
    if (usage !== undefined) sum = sum === undefined ? usage : added(sum, usage);
  }
  return sum;
}

/** The most tools of the contract's `tool_uses`. */
const MAX_TOOLS = 64;

/** One map serves for both where the other has nothing: the maps of usages are never changed. */
function mergeToolUses(earlier: Usage["toolUses"], later: Usage["toolUses"]): Usage["toolUses"] {
  const added = Object.entries(later);
  if (added.length === 0) return earlier;
  const known = Object.keys(earlier);
  if (known.length === 0) return later;
  const merged = { ...earlier };
  let count = known.length;
  for (const [tool, uses] of added) {
    if (merged[tool] === undefined && count >= MAX_TOOLS) continue;
    if (merged[tool] === undefined) count += 1;
    merged[tool] = uses;
  }
  return merged;
}

function added(one: Usage, other: Usage): Usage {
  const sum: Usage = {
    ...one,
    toolUses: { ...one.toolUses },
    extrasJson: { ...other.extrasJson, ...one.extrasJson },
    serviceTier: one.serviceTier || other.serviceTier,
  };
  for (const [tool, uses] of Object.entries(other.toolUses))
    sum.toolUses[tool] = (sum.toolUses[tool] ?? 0n) + uses;
  for (const member of counts) {
    const count = other[member];
    if (count !== undefined) sum[member] = (one[member] ?? 0n) + count;
  }
  return sum;
}

type CountMember = { [K in keyof Usage]-?: bigint extends Usage[K] ? K : never }[keyof Usage];

/** Every count of the message; a missing one does not compile. */
const everyCount: Readonly<Record<CountMember, true>> = {
  inputTokens: true,
  cacheReadTokens: true,
  cacheWriteTokens: true,
  cacheWrite5mTokens: true,
  cacheWrite1hTokens: true,
  outputTokens: true,
  reasoningTokens: true,
  totalTokens: true,
  inputTextTokens: true,
  inputAudioTokens: true,
  inputImageTokens: true,
  outputTextTokens: true,
  outputAudioTokens: true,
  outputImageTokens: true,
  acceptedPredictionTokens: true,
  rejectedPredictionTokens: true,
};

const counts = Object.keys(everyCount) as readonly CountMember[];
