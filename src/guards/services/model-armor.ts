import type { ModelArmorGuardSettings } from "../../config/guard-service-settings.ts";
import type { AskGuard, GuardVerdict } from "../../core/guard/guard.ts";
import { GuardFailure } from "../../core/guard/guard-failure.ts";
import { isObject, type Json, type JsonObject, objectAt, stringAt } from "../../json/json.ts";
import { askEach } from "./ask-each.ts";
import type { GuardPorts } from "./ports.ts";
import { postJson } from "./post-json.ts";
import { kindsOf, passes } from "./read-verdict.ts";
import { isOfRequest } from "./request-stage.ts";

/**
 * Checks texts with a template of Google Cloud's Model Armor. See
 * https://docs.cloud.google.com/model-armor/reference/rest/v1/SanitizationResult (2026-11).
 */
export function askModelArmor(
  { url, project, location, template, tokens }: ModelArmorGuardSettings,
  { post, signing }: GuardPorts,
): AskGuard {
  const address = `${url}/v1/projects/${project}/locations/${location}/templates/${template}`;
  const sign = signing({ kind: "google", tokens });
  return askEach(async (text, { stage }, signal) => {
    const [method, member] = isOfRequest(stage)
      ? ["sanitizeUserPrompt", "userPromptData"]
      : ["sanitizeModelResponse", "modelResponseData"];
    const body = JSON.stringify({ [member]: { text } });
    const question = { url: `${address}:${method}`, body, signing: sign };
    return readReply(await postJson(post, question, signal));
  });
}

function readReply(reply: Json): GuardVerdict {
  const result = isObject(reply) ? objectAt(reply, "sanitizationResult") : undefined;
  const state = result && stringAt(result, "filterMatchState");
  if (result !== undefined && state === "MATCH_FOUND") return readMatches(result);
  if (result === undefined || state !== "NO_MATCH_FOUND")
    throw new GuardFailure("answered without saying whether its filters match");
  // What was skipped or failed might have matched.
  if (stringAt(result, "invocationResult") !== "SUCCESS")
    throw new GuardFailure("answered that some of its filters did not run");
  return passes;
}

/** The text with what is sensitive taken out goes on where nothing else matches. */
function readMatches(result: JsonObject): GuardVerdict {
  const filters = Object.entries(objectAt(result, "filterResults") ?? {});
  const found = filters.flatMap(([name, filter]) => matchesOf(name, filter));
  const masked = filters.map(([, filter]) => maskedText(filter)).find((text) => text !== undefined);
  return {
    kinds: kindsOf(
      found.flatMap(({ kinds }) => kinds),
      "MATCH",
    ),
    ...(found.length === 1 && masked !== undefined ? { texts: [masked] } : undefined),
  };
}

interface Match {
  readonly kinds: readonly string[];
}

/** A filter has its result one level down, and where it has types another one. */
function matchesOf(name: string, filter: Json | undefined): readonly Match[] {
  const results = Object.values(isObject(filter) ? filter : {}).filter(isObject);
  const states = results.flatMap((result) => [result, ...Object.values(result).filter(isObject)]);
  if (!states.some(isMatch)) return [];
  const types = results
    .flatMap((result) => Object.entries(objectAt(result, "raiFilterTypeResults") ?? {}))
    .flatMap(([type, one]) => (isObject(one) && isMatch(one) ? [type] : []));
  return [{ kinds: types.length > 0 ? types : [name] }];
}

function isMatch(result: JsonObject): boolean {
  return stringAt(result, "matchState") === "MATCH_FOUND";
}

function maskedText(filter: Json | undefined): string | undefined {
  const sensitive = isObject(filter) ? objectAt(filter, "sdpFilterResult") : undefined;
  const result = sensitive && objectAt(sensitive, "deidentifyResult");
  const data = result && isMatch(result) ? objectAt(result, "data") : undefined;
  return data && stringAt(data, "text");
}
