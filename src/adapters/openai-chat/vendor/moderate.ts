import { ErrorReason } from "../../../../gen/parlance/error/v1/error_reason_pb.js";
import type {
  Moderation,
  ModerationCategory,
  ModerationPart,
  ModerationResult,
  ModerationSpec,
} from "../../../../gen/parlance/moderation/v1/moderation_pb.js";
import type { Decoded, Encoded } from "../../../core/dialect.ts";
import { type Fault, malformed, tooMany } from "../../../core/faults/fault.ts";
import {
  createReport,
  type EncodeReport,
  refuse,
  reportDeclined,
} from "../../../core/fidelity/encode-report.ts";
import {
  arrayAt,
  booleanAt,
  isObject,
  type Json,
  type JsonObject,
  numberAt,
  objectAt,
  stringAt,
} from "../../../json/json.ts";
import { type Writable, writeJson } from "../../../json/write.ts";
import { postJson } from "../../shared/post-json.ts";
import { moderateFidelity } from "../moderate-fidelity.ts";
import { decodeUsage } from "../usage.ts";
import { addExtras, type ChatEncodeOptions, type Draft, extrasOf } from "../wire.ts";
import { urlOf } from "./content.ts";
import { chunkFault } from "./stream.ts";

const known = new Set(["id", "object", "model", "results", "usage", "error"]);

/** Categories of one input, at most: the contract's bound. */
const MAX_CATEGORIES = 1000;

/**
 * A request for moderations: one text, a list of texts, or the parts of one input
 * (https://platform.openai.com/docs/api-reference/moderations/create,
 * https://docs.mistral.ai/api/endpoint/classifiers).
 */
export function encodeModerateRequest(
  spec: ModerationSpec,
  options: ChatEncodeOptions,
): Decoded<Encoded> {
  const report = createReport(moderateFidelity);
  const textsAlone = options.quirks.moderationInput === "text";
  const draft: Draft = { model: options.model, input: encodeInputs(spec, report, textsAlone) };
  addExtras(draft, spec.extrasJson, "extras_json", report);
  reportDeclined(report, spec);
  if (report.fault !== undefined) return { ok: false, fault: report.fault };
  return {
    ok: true,
    value: { request: postJson("/moderations", writeJson(draft)), report: report.entries },
  };
}

function encodeInputs(
  { inputs }: ModerationSpec,
  report: EncodeReport,
  textsAlone: boolean,
): Writable {
  const texts: string[] = [];
  for (const [at, { parts }] of inputs.entries()) {
    const [first] = parts;
    if (first === undefined) refusePart(report, `inputs[${at}].parts`, "an input has no part");
    else if (parts.length === 1 && first.part.case === "text") texts.push(first.part.value);
    else if (textsAlone) refuseFor(report, `inputs[${at}].parts`, parts);
    else if (inputs.length === 1) return encodeParts(parts, report);
    else refusePart(report, "inputs", "only texts can be several inputs of one call");
  }
  return texts.length === 1 ? texts[0] : texts;
}

/** Why a vendor of texts alone does not take an input. */
function refuseFor(report: EncodeReport, path: string, parts: readonly ModerationPart[]): void {
  const picture = parts.findIndex(({ part }) => part.case === "image");
  if (picture < 0) refusePart(report, path, "the vendor moderates one text an input");
  else refusePart(report, `${path}[${picture}].image`, "the vendor moderates texts alone");
}

function refusePart(report: EncodeReport, path: string, message: string): void {
  refuse(report, ErrorReason.UNSUPPORTED, path, message);
}

function encodeParts(parts: readonly ModerationPart[], report: EncodeReport): Writable {
  return parts.map(({ part }, at) => {
    if (part.case !== "image") return { type: "text", text: part.value ?? "" };
    const url = urlOf(part.value, `inputs[0].parts[${at}].image`, report);
    return { type: "image_url", image_url: { url } };
  });
}

/**
 * Reads moderations. A vendor that says nothing of an input as a whole (Mistral) flags it where a
 * category is flagged.
 */
export function decodeModerateResponse(json: Json): Decoded<ModerationResult> {
  if (!isObject(json)) return { ok: false, fault: malformed("the answer is not a JSON object") };
  const fault = chunkFault(json, "");
  if (fault !== undefined) return { ok: false, fault };
  const list = arrayAt(json, "results");
  if (list === undefined) return { ok: false, fault: malformed("the answer has no results") };
  const results: Moderation[] = [];
  for (const [at, item] of list.entries()) {
    const decoded = decodeModeration(item, at);
    if (!decoded.ok) return decoded;
    results.push(decoded.value);
  }
  const usage = objectAt(json, "usage");
  return {
    ok: true,
    value: {
      $typeName: "parlance.moderation.v1.ModerationResult",
      model: stringAt(json, "model") ?? "",
      results,
      ...(usage === undefined ? undefined : { usage: decodeUsage(usage) }),
      id: stringAt(json, "id") ?? "",
      extrasJson: extrasOf(otherMembers(json)),
    },
  };
}

function decodeModeration(item: Json, at: number): Decoded<Moderation> {
  const verdicts = isObject(item) ? objectAt(item, "categories") : undefined;
  if (!isObject(item) || verdicts === undefined)
    return { ok: false, fault: malformed(`results[${at}] has no categories`) };
  const scores = objectAt(item, "category_scores") ?? {};
  const kinds = objectAt(item, "category_applied_input_types") ?? {};
  const names = new Set([...Object.keys(verdicts), ...Object.keys(scores)]);
  names.delete("");
  const fault: Fault | undefined = tooMany(names.size, MAX_CATEGORIES, "categories of one input");
  if (fault !== undefined) return { ok: false, fault };
  const categories = Array.from(names, (name) => decodeCategory(name, { verdicts, scores, kinds }));
  const flagged = booleanAt(item, "flagged") ?? categories.some((category) => category.flagged);
  return {
    ok: true,
    value: { $typeName: "parlance.moderation.v1.Moderation", flagged, categories },
  };
}

/** The categories of a result, each by its name. */
interface Findings {
  readonly verdicts: JsonObject;
  readonly scores: JsonObject;
  readonly kinds: JsonObject;
}

function decodeCategory(name: string, { verdicts, scores, kinds }: Findings): ModerationCategory {
  const flagged = booleanAt(verdicts, name);
  const score = numberAt(scores, name);
  const applied = arrayAt(kinds, name) ?? [];
  return {
    $typeName: "parlance.moderation.v1.ModerationCategory",
    name,
    ...(flagged === undefined ? undefined : { flagged }),
    ...(score === undefined ? undefined : { score }),
    appliedInputTypes: applied.filter((kind) => typeof kind === "string"),
  };
}

function otherMembers(json: JsonObject): string | undefined {
  const rest = Object.entries(json).filter(([key, value]) => !known.has(key) && value !== null);
  return rest.length === 0 ? undefined : JSON.stringify(Object.fromEntries(rest));
}
