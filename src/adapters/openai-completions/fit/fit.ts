import type { OriginBody } from "../../../core/dialect.ts";
import { createReport } from "../../../core/fidelity/encode-report.ts";
import type { Fidelity } from "../../../core/fidelity/fidelity.ts";
import type { Fit } from "../../../core/fidelity/fit.ts";
import { editTopLevel } from "../../../json/edit.ts";
import { looseNumber } from "../../../json/json.ts";
import { isSet } from "../../openai-chat/fit/messages.ts";
import {
  isForeignTo,
  isWithheld,
  memberName,
  reportWithheld,
} from "../../openai-chat/fit/options.ts";
import type { ChatEncodeOptions, ChatQuirks } from "../../openai-chat/wire.ts";
import { completionsFidelity, fimFidelity } from "../fidelity.ts";

/** What the vendor of fill-in-the-middle calls the seed. */
const fimQuirks: ChatQuirks = { seedField: "random_seed" };

/**
 * What fill-in-the-middle takes beside model, prompt and stream
 * (https://docs.mistral.ai/api/endpoint/fim, 2026-11); other members are refused.
 */
const fimMembers: readonly string[] = [
  "suffix",
  "temperature",
  "top_p",
  "max_tokens",
  "min_tokens",
  "stop",
  "random_seed",
  "metadata",
];

/** Whether the vendor of a row answers a prompt once, whatever `n` says. */
export function givesOneAnswer({ completionsTake }: ChatQuirks): boolean {
  return completionsTake?.includes("n") === false;
}

/** Takes members out of a body that the vendor of a row refuses or has nothing for. */
export function fitCompletion({ body, json }: OriginBody, { quirks }: ChatEncodeOptions): Fit {
  if (givesOneAnswer(quirks) && looseNumber(json.n) > 1) return "translated";
  const members = Object.keys(json).filter((key) => isForeign(key, quirks));
  return edited({ body, json }, members, completionsFidelity);
}

/** Fits a body to fill-in-the-middle: members it has not are taken out, others get its names. */
export function fitFim({ body, json }: OriginBody): Fit {
  const members = Object.keys(json).filter(
    (key) => memberName(key, fimQuirks) !== key || isForeignTo(key, fimMembers),
  );
  return edited({ body, json }, members, fimFidelity);
}

/** Whether an endpoint of legacy completions has nothing for a member. */
export function isForeign(member: string, quirks: ChatQuirks): boolean {
  const { extendedSampling = true, streamUsage = true, unsupported, completionsTake } = quirks;
  if (completionsTake !== undefined && isForeignTo(member, completionsTake)) return true;
  return isWithheld(member, { extendedSampling, streamUsage, unsupported: unsupported ?? [] });
}

function edited({ body, json }: OriginBody, members: readonly string[], fidelity: Fidelity): Fit {
  if (members.length === 0) return "as_is";
  const report = createReport(fidelity);
  const edits: Record<string, string | null> = {};
  for (const member of members) {
    const value = json[member] ?? null;
    const name = fidelity === fimFidelity ? memberName(member, fimQuirks) : member;
    edits[member] = null;
    if (!isSet(value)) continue;
    if (name === member || isForeignTo(name, fimMembers)) reportWithheld(report, member, value);
    else if (!isSet(json[name] ?? null)) edits[name] = JSON.stringify(value);
  }
  const fitted = editTopLevel(body, edits);
  return fitted === undefined ? "encoded" : { body: fitted, report: report.entries };
}
