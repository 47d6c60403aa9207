import type { GatewayError } from "../../core/faults/gateway-error.ts";
import type { Detector, Finding, TextSource } from "../../core/guard/detector.ts";
import type { GuardStageName, UnreadablePart } from "../../core/guard/guard-note.ts";
import { type Replace, replaceFindings } from "../../core/guard/replace-findings.ts";

/** What a guard does with texts of one call. */
export type Check = LocalCheck | ServiceCheck;

/** Takes the parts of a stage that nobody reads. Throws a GatewayError where they may not pass. */
export type TakeUnread = (parts: readonly UnreadablePart[], stage: GuardStageName) => void;

/** Measures how long looks at texts take. */
export interface LookMeter {
  /** A monotonic clock in milliseconds. */
  readonly nowMs: () => number;
  /** Takes the milliseconds of a look at a text of a stage. */
  readonly took: (stage: GuardStageName, ms: number) => void;
}

/** Looks at texts by itself. */
export interface LocalCheck {
  readonly kind: "local";
  readonly stages: ReadonlySet<GuardStageName>;
  /** Whether nothing may go on before it was looked at. */
  readonly holds: boolean;
  readonly replaces: boolean;
  readonly detector: Detector;
  /** Absent: nobody wants to know. */
  readonly meter?: LookMeter;
  /** True: it puts back what the caller itself has sent. Absent: it hides something. */
  readonly restores?: true;
  /** Absent: they pass. */
  readonly unread?: TakeUnread;
  /** What a text is a part of; `tool`: the tool whose arguments it is. */
  readonly sourceOf: (tool?: string) => TextSource;
  /**
   * Takes what was found in a text of a stage; `replaceable` false: no other may stand in its
   * place. Throws a GatewayError where the call may not go on. Gives what is to stand in the place
   * of each finding; undefined where the text stays.
   */
  readonly found: (
    findings: readonly Finding[],
    stage: GuardStageName,
    replaceable: boolean,
  ) => Replace | undefined;
}

/** Asks a service about texts. */
export interface ServiceCheck {
  readonly kind: "service";
  readonly stages: ReadonlySet<GuardStageName>;
  readonly holds: boolean;
  /** Absent: they pass. */
  readonly unread?: TakeUnread;
  /** Whether it may replace texts, so that each must be whole. */
  readonly replaces: boolean;
  /**
   * Asks about texts of a stage, at least one, none empty. Rejects with a GatewayError where the
   * call may not go on. Gives the texts that are to stand in their places; undefined where all
   * stay.
   */
  readonly ask: (
    stage: GuardStageName,
    texts: readonly string[],
  ) => Promise<readonly string[] | undefined>;
  /** What a call fails with where a text would have to be replaced that cannot be. */
  readonly refusal: (stage: GuardStageName) => GatewayError;
}

/** What is known of a text beside its stage. */
export interface CheckedText {
  /** Whether another text may stand in its place. Absent: it may. */
  readonly replaceable?: boolean;
  /** The tool whose arguments it is. Absent: none. */
  readonly tool?: string | undefined;
}

/** The text as a local check leaves it. */
export function checkText(
  { detector, found, sourceOf, meter }: LocalCheck,
  text: string,
  stage: GuardStageName,
  { replaceable = true, tool }: CheckedText = {},
): string {
  const startedMs = meter?.nowMs() ?? 0;
  const findings = detector.find(text, 0, sourceOf(tool));
  meter?.took(stage, meter.nowMs() - startedMs);
  if (findings.length === 0) return text;
  const replace = found(findings, stage, replaceable);
  return replace === undefined ? text : replaceFindings(text, findings, replace);
}
