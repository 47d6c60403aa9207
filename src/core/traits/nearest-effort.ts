import { ReasoningEffort } from "../../../gen/parlance/chat/v1/generation_pb.js";

/** The levels of effort in the words of APIs, lowest first. */
export const effortWords: readonly string[] = [
  "none",
  "minimal",
  "low",
  "medium",
  "high",
  "xhigh",
  "max",
];

/** The word for an effort; undefined where none is requested. */
export function effortWord(effort: ReasoningEffort): string | undefined {
  return effort === ReasoningEffort.UNSPECIFIED ? undefined : effortWords[effort - 1];
}

/** The effort that a word stands for; UNSPECIFIED for another word. */
export function effortOf(word: string): ReasoningEffort {
  const levels: readonly ReasoningEffort[] = [
    ReasoningEffort.UNSPECIFIED,
    ReasoningEffort.NONE,
    ReasoningEffort.MINIMAL,
    ReasoningEffort.LOW,
    ReasoningEffort.MEDIUM,
    ReasoningEffort.HIGH,
    ReasoningEffort.XHIGH,
    ReasoningEffort.MAX,
  ];
  return levels[effortWords.indexOf(word) + 1] ?? ReasoningEffort.UNSPECIFIED;
}

/**
 * The level that comes nearest to a word among those that a model takes, the lower of two that are
 * equally near. `none` stands for itself alone: who wants thinking gets some. The word itself where
 * no level is known.
 */
export function nearestEffort(word: string, levels: readonly string[]): string {
  if (levels.length === 0 || levels.includes(word)) return word;
  const wanted = effortWords.indexOf(word);
  let nearest: string | undefined;
  let distance = Number.POSITIVE_INFINITY;
  for (const [rank, level] of effortWords.entries()) {
    if (level === "none" || !levels.includes(level)) continue;
    const away = Math.abs(rank - wanted);
    if (away < distance) [nearest, distance] = [level, away];
  }
  return nearest ?? levels[0] ?? word;
}
