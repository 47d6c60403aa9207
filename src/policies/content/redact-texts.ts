import type { Call } from "../../core/call.ts";
import type { Guard } from "../../core/guard/guard.ts";
import { guardedCallOf } from "../../core/guard/guarded-call.ts";
import { type Replace, replacedBy, replaceFindings } from "../../core/guard/replace-findings.ts";

/**
 * Texts in which guards have replaced what they find, with no way back: `[EMAIL]`. Each gets what
 * the one before left. Rejects where there is no guard of a name, or a service cannot be sent or
 * does not say what to replace.
 */
export async function redactTexts(
  texts: readonly string[],
  names: readonly string[],
  guards: ReadonlyMap<string, Guard>,
  call: Call,
): Promise<readonly string[]> {
  let redacted = texts;
  for (const name of names) {
    const guard = guards.get(name);
    if (guard === undefined) throw new Error(`there is no guard ${name}`);
    redacted = await redactWith(guard, redacted, call);
  }
  return redacted;
}

async function redactWith(
  { name, check, timeoutMs }: Guard,
  texts: readonly string[],
  call: Call,
): Promise<readonly string[]> {
  if (check.kind === "local")
    return texts.map((text) => replaceFindings(text, check.detector.find(text, 0, {}), replace));
  const sent = texts.filter((text) => text !== "");
  if (sent.length === 0) return texts;
  const question = { stage: "input", texts: sent, about: guardedCallOf(call) } as const;
  const verdict = await check.ask(question, AbortSignal.timeout(timeoutMs));
  const answered =
    replacedBy(verdict, sent, replace) ?? (verdict.kinds.length === 0 ? sent : undefined);
  if (answered?.length !== sent.length)
    throw new Error(`the guard ${name} does not say what to replace`);
  let at = 0;
  return texts.map((text) => {
    if (text === "") return text;
    at += 1;
    return answered[at - 1] ?? "";
  });
}

const replace: Replace = ({ kind, replacement }) => replacement ?? `[${kind}]`;
