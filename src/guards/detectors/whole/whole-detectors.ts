import type {
  LanguagesGuard,
  LengthGuard,
} from "../../../../gen/parlance/config/v1/guard_whole_pb.js";
import type { Detector, Finding, TextSource } from "../../../core/guard/detector.ts";

/** What detectors use of the rest of the gateway. */
export interface DetectorHooks {
  /** The language of a text, as ISO 639-1 has it; "" where that is in doubt. */
  readonly languageOf: (text: string) => string;
  /** How many tokens a text has. */
  readonly countTokens: (text: string) => number;
}

/** A detector that judges a text as a whole: what is wrong with it, if something is. */
export function wholeDetector(
  judge: (text: string, source: TextSource) => string | undefined,
): Detector {
  return {
    find: (text, _from, source = {}): readonly Finding[] => {
      const kind = judge(text, source);
      return kind === undefined ? [] : [{ start: 0, end: text.length, kind }];
    },
    lookBehind: 0,
  };
}

/** So much of a text says what language it is in, in characters. */
const maxJudged = 4000;

/** Finds texts in other languages than those that are allowed. */
export function languageDetector(
  { allowed, minCharacters = 24 }: LanguagesGuard,
  languageOf: DetectorHooks["languageOf"],
): Detector {
  const known = new Set(allowed);
  const whole = wholeDetector((text) => {
    if (text.length < minCharacters) return undefined;
    const language = languageOf(text.slice(0, maxJudged));
    return language === "" || known.has(language) ? undefined : "LANGUAGE";
  });
  return { ...whole, beside: "nothing" };
}

/** Finds texts that are too long. */
export function lengthDetector(
  { maxCharacters, maxTokens }: LengthGuard,
  countTokens: DetectorHooks["countTokens"],
): Detector {
  return wholeDetector((text) => {
    if (maxCharacters !== undefined && hasMoreCharacters(text, maxCharacters)) return "LENGTH";
    // A token has at least a byte, and at most four characters of a byte are one character.
    if (maxTokens === undefined || text.length * 3 <= maxTokens) return undefined;
    return countTokens(text) > maxTokens ? "LENGTH" : undefined;
  });
}

/** In characters of Unicode, of which one or two units make one. */
function hasMoreCharacters(text: string, max: number): boolean {
  if (text.length <= max) return false;
  if (text.length > 2 * max) return true;
  let count = 0;
  for (const _ of text) count += 1;
  return count > max;
}
