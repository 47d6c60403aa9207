import type { InjectionGuard } from "../../../../gen/parlance/config/v1/guard_detector_pb.js";
import type { Detector, Finding } from "../../../core/guard/detector.ts";
import { withoutOverlaps } from "../../../core/guard/detector.ts";
import { keywordDetector } from "../keywords/keyword-detector.ts";
import { injectionWords, type WordRole } from "./injection-words.ts";

/** Words that together speak for an attempt, in order and within one sentence. */
interface Sign {
  readonly roles: readonly [WordRole, ...(readonly WordRole[])];
  /** How much it speaks for one: from 0 to 1. */
  readonly weight: number;
}

/** Of signs that begin at one place the first that fits counts. */
const signs: readonly Sign[] = [
  { roles: ["DROP", "EARLIER", "RULES"], weight: 0.7 },
  { roles: ["EARLIER", "RULES", "DROP"], weight: 0.7 },
  { roles: ["DROP", "PROMPT"], weight: 0.55 },
  { roles: ["SHOW", "PROMPT"], weight: 0.6 },
  { roles: ["PROMPT", "SHOW"], weight: 0.4 },
  { roles: ["BECOME", "MODE"], weight: 0.6 },
  { roles: ["BECOME", "FREE"], weight: 0.6 },
  { roles: ["DROP", "RULES"], weight: 0.35 },
  { roles: ["MARK"], weight: 0.35 },
  { roles: ["MODE"], weight: 0.3 },
  { roles: ["FREE"], weight: 0.25 },
  { roles: ["HIDE"], weight: 0.3 },
];

/** Words of a sign follow each other within so many characters. */
const maxApart = 48;

const defaultThreshold = 0.5;

/**
 * Finds texts that try to set a model's instructions aside: the words that speak for it, where they
 * weigh enough together. No heuristic finds all of them.
 */
export function injectionDetector({ threshold = defaultThreshold }: InjectionGuard): Detector {
  const { find } = keywordDetector(
    Object.entries(injectionWords).flatMap(([role, lists]) =>
      lists
        .flatMap((list) => list.split(", "))
        .map((word): readonly [string, string] => [word, role]),
    ),
  );
  return {
    find: (text) => {
      const [found, score] = signsIn(text, find(text));
      return score >= threshold ? withoutOverlaps(found) : [];
    },
    lookBehind: 0,
  };
}

/** The signs in a text, and how much they weigh together: each leaves less room for doubt. */
function signsIn(text: string, words: readonly Finding[]): readonly [Finding[], number] {
  const found: Finding[] = [];
  const weights = new Map<Sign, number>();
  for (const at of words.keys()) {
    for (const sign of signs) {
      const end = endOf(sign, text, words, at);
      if (end === 0) continue;
      found.push({ start: words[at]?.start ?? 0, end, kind: "PROMPT_INJECTION" });
      weights.set(sign, sign.weight);
      break;
    }
  }
  let doubt = 1;
  for (const weight of weights.values()) doubt *= 1 - weight;
  // Without the error of binary fractions: 0.7 is as much as a threshold of 0.7.
  return [found, Math.round((1 - doubt) * 1000) / 1000];
}

/** Where a sign ends that begins with a word. 0: it does not. */
function endOf({ roles }: Sign, text: string, words: readonly Finding[], first: number): number {
  if (words[first]?.kind !== roles[0]) return 0;
  let [next, end] = [1, words[first].end];
  for (let at = first + 1; next < roles.length; at += 1) {
    const word = words[at];
    if (word === undefined || word.start - end > maxApart) return 0;
    if (word.kind !== roles[next]) continue;
    if (/[.!?。！？\n](?:\s|$)/.test(text.slice(end, word.start))) return 0;
    [next, end] = [next + 1, word.end];
  }
  return end;
}
