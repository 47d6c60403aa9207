import type { LakeraGuardSettings } from "../../config/guard-service-settings.ts";
import { withoutOverlaps } from "../../core/guard/detector.ts";
import type { AskGuard, GuardVerdict } from "../../core/guard/guard.ts";
import { GuardFailure } from "../../core/guard/guard-failure.ts";
import {
  arrayAt,
  booleanAt,
  isObject,
  type Json,
  type JsonObject,
  stringAt,
} from "../../json/json.ts";
import { askEach } from "./ask-each.ts";
import type { GuardPorts } from "./ports.ts";
import { postJson } from "./post-json.ts";
import { kindsOf, passes, readFinding } from "./read-verdict.ts";
import { isOfRequest } from "./request-stage.ts";
import { placesIn } from "./text-unit.ts";

/**
 * Asks Lakera Guard, for the detectors that found something and where. See
 * https://docs.lakera.ai/api-reference/api/endpoints/guard/screen-content (2026-11).
 */
export function askLakera(
  { url, apiKey, projectId }: LakeraGuardSettings,
  { post }: GuardPorts,
): AskGuard {
  const headers = apiKey === undefined ? {} : { authorization: `Bearer ${apiKey.reveal()}` };
  return askEach(async (text, { stage }, signal) => {
    const body = JSON.stringify({
      messages: [{ role: isOfRequest(stage) ? "user" : "assistant", content: text }],
      ...(projectId === "" ? undefined : { project_id: projectId }),
      payload: true,
      breakdown: true,
    });
    const reply = await postJson(post, { url: `${url}/v2/guard`, headers, body }, signal);
    return readReply(reply, text);
  });
}

function readReply(reply: Json, text: string): GuardVerdict {
  const json = isObject(reply) ? reply : {};
  const flagged = booleanAt(json, "flagged");
  if (flagged === undefined) throw new GuardFailure("answered without saying what is flagged");
  if (!flagged) return passes;
  const detected = (arrayAt(json, "breakdown") ?? [])
    .filter(isObject)
    .filter((entry) => booleanAt(entry, "detected") === true)
    .map(detectorOf);
  const payload = (arrayAt(json, "payload") ?? []).filter(isObject);
  const placed = new Set(payload.map(detectorOf));
  const kinds = kindsOf([...detected, ...placed], "FLAGGED");
  // An attack has no place: where one was found too, masking what has would let it through.
  const isPlaced = placed.size > 0 && detected.every((detector) => placed.has(detector));
  return {
    kinds: kinds.length > 0 ? kinds : ["FLAGGED"],
    ...(isPlaced ? { findings: [findingsOf(payload, text)] } : undefined),
  };
}

function detectorOf(entry: JsonObject): string {
  return stringAt(entry, "detector_type") ?? "";
}

function findingsOf(payload: readonly JsonObject[], text: string) {
  const places = placesIn(text, "CODE_POINTS");
  const findings = payload.map((entry) => {
    const finding = readFinding(entry, places, "detector_type");
    // It repeats what it found, which shows whether both count alike.
    const repeated = stringAt(entry, "text");
    if (repeated !== undefined && repeated !== text.slice(finding.start, finding.end))
      throw new GuardFailure("answered with a finding that stands elsewhere in its text");
    return finding;
  });
  return withoutOverlaps(findings);
}
