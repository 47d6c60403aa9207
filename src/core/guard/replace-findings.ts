import type { Finding } from "./detector.ts";
import type { GuardVerdict } from "./guard.ts";

/** Gives what is to stand in the place of a finding, whose text it gets. */
export type Replace = (finding: Finding, text: string) => string;

/** A text with replacements for what was found in it. */
export function replaceFindings(
  text: string,
  findings: readonly Finding[],
  replace: Replace,
): string {
  let out = "";
  let at = 0;
  for (const finding of findings) {
    out += text.slice(at, finding.start);
    out += replace(finding, text.slice(finding.start, finding.end));
    at = finding.end;
  }
  return out + text.slice(at);
}

/**
 * The texts that were sent as a verdict leaves them. Undefined: the service says neither where it
 * found something nor what to put there.
 */
export function replacedBy(
  { findings, texts }: GuardVerdict,
  sent: readonly string[],
  replace: Replace,
): readonly string[] | undefined {
  if (texts !== undefined) return texts;
  return findings && sent.map((text, at) => replaceFindings(text, findings[at] ?? [], replace));
}
