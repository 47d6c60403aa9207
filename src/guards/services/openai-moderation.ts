import type { ModerationGuardSettings } from "../../config/guard-service-settings.ts";
import type { AskGuard } from "../../core/guard/guard.ts";
import { GuardFailure } from "../../core/guard/guard-failure.ts";
import {
  arrayAt,
  isObject,
  type Json,
  type JsonObject,
  numberAt,
  objectAt,
} from "../../json/json.ts";
import type { GuardPorts } from "./ports.ts";
import { postJson } from "./post-json.ts";
import { kindsOf } from "./read-verdict.ts";

/**
 * Asks OpenAI's moderation, or what speaks its API. See
 * https://platform.openai.com/docs/api-reference/moderations (2026-11).
 */
export function askOpenaiModeration(
  settings: ModerationGuardSettings,
  { post }: GuardPorts,
): AskGuard {
  const url = `${settings.url}/moderations`;
  return async ({ texts }, signal) => {
    const headers = { authorization: `Bearer ${settings.apiKey.reveal()}` };
    const body = JSON.stringify({ model: settings.model, input: texts });
    const reply = await postJson(post, { url, headers, body }, signal);
    const results = isObject(reply) ? arrayAt(reply, "results") : undefined;
    if (results?.length !== texts.length)
      throw new GuardFailure("answered with other results than it was sent texts");
    const found = results.flatMap((result) => categoriesOf(result, settings));
    return { kinds: kindsOf(found, "FLAGGED") };
  };
}

/** The categories that are found in one text. */
function categoriesOf(
  result: Json,
  { categories, thresholds }: ModerationGuardSettings,
): readonly string[] {
  const flags = isObject(result) ? objectAt(result, "categories") : undefined;
  if (!isObject(result) || flags === undefined)
    throw new GuardFailure("answered with a result without categories");
  const scores = objectAt(result, "category_scores") ?? {};
  const names =
    categories.size > 0 ? categories : new Set([...Object.keys(flags), ...thresholds.keys()]);
  return [...names].filter((name) => isFound(name, flags, scores, thresholds.get(name)));
}

function isFound(
  name: string,
  flags: JsonObject,
  scores: JsonObject,
  threshold: number | undefined,
): boolean {
  const score = numberAt(scores, name);
  // A category that a model does not know is null.
  if (threshold === undefined ? flags[name] === undefined : score === undefined)
    throw new GuardFailure("answered without a category that it was asked about");
  return threshold === undefined ? flags[name] === true : (score ?? 0) >= threshold;
}
