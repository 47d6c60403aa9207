import type { GuardVerdict } from "../../core/guard/guard.ts";
import { GuardFailure } from "../../core/guard/guard-failure.ts";
import { kindsOf, placeFindings, type RawFinding } from "./read-verdict.ts";
import type { TextUnit } from "./text-unit.ts";

/** What a service of the user's own says where it found something. */
export interface FoundReply {
  readonly action: "BLOCK" | "MASK";
  readonly kinds: readonly string[];
  /** In each text. Undefined: it does not say. */
  readonly findings: readonly (readonly RawFinding[])[] | undefined;
  /** Undefined: they stay as they are. */
  readonly texts: readonly string[] | undefined;
  readonly unit: TextUnit;
}

/** The verdict of a service of the user's own. Throws GuardFailure where it is none. */
export function readFound(
  { action, kinds, findings: lists, texts, unit }: FoundReply,
  sent: readonly string[],
): GuardVerdict {
  if (action === "MASK" && lists === undefined && texts === undefined)
    throw new GuardFailure("answered MASK with neither findings nor texts");
  if (texts !== undefined && texts.length !== sent.length)
    throw new GuardFailure("answered with other texts than it was sent");
  const findings = lists && placeFindings(lists, sent, unit);
  const named = kinds.length > 0 ? kinds : (findings ?? []).flat().map(({ kind }) => kind);
  return {
    kinds: kindsOf(named.length > 0 ? named : [action], action),
    ...(findings === undefined ? undefined : { findings }),
    ...(texts === undefined ? undefined : { texts }),
  };
}
