import type { Finding } from "../../core/guard/detector.ts";
import type { AskGuard, Guard } from "../../core/guard/guard.ts";
import type { GuardOutcome, GuardStageName } from "../../core/guard/guard-note.ts";
import { type Replace, replacedBy, replaceFindings } from "../../core/guard/replace-findings.ts";
import { finds, type GuardRun, inPlaces, kindsOf, replacesTexts } from "./guard-run.ts";

/** Texts that guards look at without a call that they could stop. */
export interface InspectedTexts {
  readonly stage: GuardStageName;
  readonly texts: readonly string[];
  /** The tool whose arguments they are. Absent: they are none. */
  readonly tool?: string;
}

/** What a guard makes of texts. */
export interface Inspection {
  readonly guard: Guard;
  /** What would become of a call. */
  readonly outcome: GuardOutcome;
  /** What it found, each once; at most 64. */
  readonly kinds: readonly string[];
  /** Where in each of the texts. Absent: nothing was found, or nobody says. */
  readonly findings?: readonly (readonly Finding[])[];
  /** The texts as they would go on; as they are where the guard blocks them. */
  readonly texts: readonly string[];
  /** Whether it found nothing in them not long ago, so that no service was asked. */
  readonly cached: boolean;
}

/**
 * Has a guard look at texts, whatever its stages are, and notes what it found. Nothing that it
 * finds rejects; a service that cannot be asked does, unless calls go on without it.
 */
export async function inspectTexts(
  run: GuardRun,
  guard: Guard,
  inspected: InspectedTexts,
): Promise<Inspection> {
  const { check } = guard;
  for (const text of inspected.texts) run.placeholders.reserve(text);
  const inspection =
    check.kind === "local"
      ? inspectHere(run, guard, check.detector.find, inspected)
      : await inspectThere(run, guard, check.ask, inspected);
  run.note(guard, inspected.stage, inspection.outcome, inspection.kinds);
  return inspection;
}

function inspectHere(
  run: GuardRun,
  guard: Guard,
  find: (text: string, start: number, source: { readonly tool?: string }) => readonly Finding[],
  { stage, texts, tool }: InspectedTexts,
): Inspection {
  const source = tool === undefined ? {} : { tool };
  const findings = texts.map((text) => find(text, 0, source));
  const kinds = kindsOf(findings.flat());
  if (kinds.length === 0) return passing(guard, texts, false);
  if (!replacesTexts(guard))
    return { guard, outcome: guard.action, kinds, findings, texts, cached: false };
  const left = replaceAll(texts, findings, run.replacing(guard, stage));
  return { guard, outcome: guard.action, kinds, findings, texts: left, cached: false };
}

function replaceAll(
  texts: readonly string[],
  findings: readonly (readonly Finding[])[],
  replace: Replace,
): readonly string[] {
  return texts.map((text, at) => replaceFindings(text, findings[at] ?? [], replace));
}

async function inspectThere(
  run: GuardRun,
  guard: Guard,
  ask: AskGuard,
  { stage, texts }: InspectedTexts,
): Promise<Inspection> {
  const full = texts.filter((text) => text !== "");
  if (full.length === 0) return passing(guard, texts, false);
  const { sent, verdict } = await run.askService(guard, ask, stage, full);
  if (sent.length === 0) return passing(guard, texts, true);
  if (verdict === undefined) return { ...passing(guard, texts, false), outcome: "unavailable" };
  if (!finds(guard, sent, verdict)) return passing(guard, texts, false);
  const found = {
    guard,
    kinds: verdict.kinds.slice(0, 64),
    ...placesOf(texts, sent, verdict.findings),
    cached: false,
  };
  if (!replacesTexts(guard)) return { ...found, outcome: guard.action, texts };
  const left = replacedBy(verdict, sent, run.replacing(guard, stage));
  // What is found somewhere, and nobody says where, cannot be replaced.
  if (left === undefined) return { ...found, outcome: "block", texts };
  return { ...found, outcome: guard.action, texts: inPlaces(texts, sent, left) };
}

/** Findings of the texts that were sent as those of all. */
function placesOf(
  texts: readonly string[],
  sent: readonly string[],
  findings: Inspection["findings"],
): Pick<Inspection, "findings"> {
  if (findings === undefined) return {};
  let at = 0;
  return {
    findings: texts.map((text) => {
      if (sent[at] !== text) return [];
      at += 1;
      return findings[at - 1] ?? [];
    }),
  };
}

function passing(guard: Guard, texts: readonly string[], cached: boolean): Inspection {
  return { guard, outcome: "pass", kinds: [], texts, cached };
}
