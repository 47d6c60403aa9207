import type { OriginBody } from "../../../core/dialect.ts";
import { createReport } from "../../../core/fidelity/encode-report.ts";
import type { Fit } from "../../../core/fidelity/fit.ts";
import { isSet } from "../../openai-chat/fit/messages.ts";
import { isWithheld, reportWithheld } from "../../openai-chat/fit/options.ts";
import type { ChatEncodeOptions } from "../../openai-chat/wire.ts";
import { completionsFidelity } from "../fidelity.ts";

/** Takes knobs out of a body that the vendor of a row refuses. What rows list is of chats alone. */
export function fitCompletion({ body, json }: OriginBody, { quirks }: ChatEncodeOptions): Fit {
  const { extendedSampling = true, streamUsage = true } = quirks;
  const members = Object.keys(json).filter((key) =>
    isWithheld(key, { extendedSampling, streamUsage }),
  );
  if (members.length === 0) return "as_is";
  const report = createReport(completionsFidelity);
  for (const member of members) {
    const value = json[member] ?? null;
    if (isSet(value)) reportWithheld(report, member, value);
  }
  const edits = Object.fromEntries(members.map((member) => [member, null]));
  return { body, edits, report: report.entries };
}
