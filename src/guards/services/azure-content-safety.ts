import type { ContentSafetyGuardSettings } from "../../config/guard-service-settings.ts";
import type { AskGuard } from "../../core/guard/guard.ts";
import { GuardFailure } from "../../core/guard/guard-failure.ts";
import type { GuardStageName } from "../../core/guard/guard-note.ts";
import {
  arrayAt,
  booleanAt,
  isObject,
  type Json,
  numberAt,
  objectAt,
  stringAt,
} from "../../json/json.ts";
import { askEach } from "./ask-each.ts";
import type { GuardPorts } from "./ports.ts";
import { postJson } from "./post-json.ts";
import { kindsOf } from "./read-verdict.ts";

/** How many characters a request takes, of a text and of a prompt. */
const MAX_CHARACTERS = 10_000;

const VERSION = "api-version=2024-09-01";

/**
 * Asks Azure AI Content Safety whether texts are harmful, and whether they attack the model. See
 * https://learn.microsoft.com/azure/ai-services/content-safety/quickstart-text and
 * https://learn.microsoft.com/azure/ai-services/content-safety/quickstart-jailbreak (2026-11).
 */
export function askContentSafety(
  settings: ContentSafetyGuardSettings,
  { post }: GuardPorts,
): AskGuard {
  const ask = (operation: string, body: object, signal: AbortSignal) =>
    postJson(
      post,
      {
        url: `${settings.url}/contentsafety/${operation}?${VERSION}`,
        headers: { "ocp-apim-subscription-key": settings.apiKey.reveal() },
        body: JSON.stringify(body),
      },
      signal,
    );
  const askPart = async (part: string, stage: GuardStageName, signal: AbortSignal) => {
    const harms = settings.harm
      ? harmsOf(await ask("text:analyze", harmQuestion(part, settings), signal), settings)
      : [];
    if (!settings.promptShield) return harms;
    const reply = await ask("text:shieldPrompt", shieldQuestion(part, stage), signal);
    return isAttack(reply, stage) ? [...harms, "PROMPT_ATTACK"] : harms;
  };
  return askEach(async (text, { stage }, signal) => {
    const found = new Set<string>();
    for (const part of partsOf(text))
      for (const kind of await askPart(part, stage, signal)) found.add(kind);
    return { kinds: kindsOf(found, "HARM") };
  });
}

/** Parts of a text that a request takes, none of which ends within a character. */
function partsOf(text: string): readonly string[] {
  if (text.length <= MAX_CHARACTERS) return [text];
  const parts: string[] = [];
  for (let at = 0; at < text.length; ) {
    const end = at + MAX_CHARACTERS;
    const cut = /[\ud800-\udbff]/.test(text.charAt(end - 1)) ? end - 1 : end;
    parts.push(text.slice(at, cut));
    at = cut;
  }
  return parts;
}

function harmQuestion(
  text: string,
  { severity, severities, blocklists }: ContentSafetyGuardSettings,
) {
  // Unless one is odd, the four levels that it knows of old tell enough.
  const isOdd = [severity, ...severities.values()].some((level) => level % 2 === 1);
  return {
    text,
    outputType: isOdd ? "EightSeverityLevels" : "FourSeverityLevels",
    ...(blocklists.length === 0 ? undefined : { blocklistNames: blocklists }),
  };
}

function harmsOf(
  reply: Json,
  { severity, severities }: ContentSafetyGuardSettings,
): readonly string[] {
  const analysis = isObject(reply) ? arrayAt(reply, "categoriesAnalysis") : undefined;
  if (!isObject(reply) || analysis === undefined)
    throw new GuardFailure("answered without an analysis of categories");
  const matches = arrayAt(reply, "blocklistsMatch") ?? [];
  const names = analysis.flatMap((entry) => {
    const category = isObject(entry) ? stringAt(entry, "category") : undefined;
    const level = isObject(entry) ? numberAt(entry, "severity") : undefined;
    if (category === undefined || level === undefined)
      throw new GuardFailure("answered with a category without a severity");
    return level >= (severities.get(category) ?? severity) ? [category] : [];
  });
  return matches.length > 0 ? [...names, "BLOCKLIST"] : names;
}

function shieldQuestion(text: string, stage: GuardStageName) {
  return stage === "input"
    ? { userPrompt: text, documents: [] }
    : { userPrompt: "", documents: [text] };
}

function isAttack(reply: Json, stage: GuardStageName): boolean {
  const json = isObject(reply) ? reply : {};
  const document = arrayAt(json, "documentsAnalysis")?.[0];
  const analysis = stage === "input" ? objectAt(json, "userPromptAnalysis") : document;
  const detected = isObject(analysis) ? booleanAt(analysis, "attackDetected") : undefined;
  if (detected === undefined) throw new GuardFailure("answered without saying what is an attack");
  return detected;
}
