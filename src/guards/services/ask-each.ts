import type { AskGuard, GuardQuestion, GuardVerdict } from "../../core/guard/guard.ts";
import { kindsOf } from "./read-verdict.ts";

/** How many questions of one call are under way at once. */
const MAX_AT_ONCE = 8;

/** Asks about one text. */
export type AskText = (
  text: string,
  question: GuardQuestion,
  signal: AbortSignal,
) => Promise<GuardVerdict>;

/**
 * Asks a service about each text by itself, eight at once, because its answer does not say which of
 * several texts it means, or because it takes one alone. Where one question fails the others are
 * given up.
 */
export function askEach(askText: AskText): AskGuard {
  return async (question, signal) => {
    const { texts } = question;
    const verdicts: GuardVerdict[] = [];
    const life = new AbortController();
    const all = AbortSignal.any([signal, life.signal]);
    const waiting = texts.entries();
    const work = async (): Promise<void> => {
      for (const [at, text] of waiting) verdicts[at] = await askText(text, question, all);
    };
    try {
      await Promise.all(Array.from({ length: Math.min(MAX_AT_ONCE, texts.length) }, work));
    } finally {
      life.abort();
    }
    return joinVerdicts(verdicts, texts);
  };
}

/** Verdicts of single texts as one of all. */
function joinVerdicts(verdicts: readonly GuardVerdict[], sent: readonly string[]): GuardVerdict {
  const kinds = kindsOf(
    verdicts.flatMap((verdict) => verdict.kinds),
    "FOUND",
  );
  const placed = verdicts.every((verdict) => isPass(verdict) || verdict.findings !== undefined);
  const worded = verdicts.every((verdict) => isPass(verdict) || verdict.texts !== undefined);
  return {
    kinds,
    ...(kinds.length > 0 && placed
      ? { findings: verdicts.map(({ findings }) => findings?.[0] ?? []) }
      : undefined),
    ...(kinds.length > 0 && worded
      ? { texts: verdicts.map(({ texts }, at) => texts?.[0] ?? sent[at] ?? "") }
      : undefined),
  };
}

function isPass({ kinds }: GuardVerdict): boolean {
  return kinds.length === 0;
}
