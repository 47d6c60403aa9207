import type { Usage } from "../../gen/parlance/chat/v1/usage_pb.js";

/**
 * Later usage over earlier, member by member: what the later one tells replaces, what it leaves unset stays, and
 * maps are merged by key. Neither argument is changed.
 */
export function mergeUsage(earlier: Usage | undefined, later: Usage): Usage {
  if (earlier === undefined) return later;
  const merged: Usage = {
    ...earlier,
    toolUses: { ...earlier.toolUses, ...later.toolUses },
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
 * What several requests took together: counts are added up, and a count that only some tell is the sum of those. Undefined
 * for none. The words of one dialect (`extras_json`) are those of the first that has them.
 */
export function sumUsage(usages: readonly (Usage | undefined)[]): Usage | undefined {
  let sum: Usage | undefined;
  for (const usage of usages) {
    if (usage !== undefined) sum = sum === undefined ? usage : added(sum, usage);
  }
  return sum;
}

function added(one: Usage, other: Usage): Usage {
  const sum: Usage = {
    ...one,
    toolUses: { ...one.toolUses },
    extrasJson: { ...other.extrasJson, ...one.extrasJson },
    serviceTier: one.serviceTier || other.serviceTier,
  };
  for (const [tool, uses] of Object.entries(other.toolUses)) sum.toolUses[tool] = (sum.toolUses[tool] ?? 0n) + uses;
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
