import {
  AzureContentSafetyCheck,
  type AzureContentSafetyGuard,
  type LakeraGuard,
  type OpenaiModerationGuard,
  type PresidioGuard,
} from "../../../../gen/parlance/config/v1/guard_vendor_pb.js";
import { type ConfigScope, inField } from "../../config-scope.ts";
import type {
  ContentSafetyGuardSettings,
  LakeraGuardSettings,
  ModerationGuardSettings,
  PresidioGuardSettings,
} from "../../guard-service-settings.ts";
import { resolveSecret } from "../../resolve-secret.ts";
import { guardServiceDefaults } from "./guard-defaults.ts";
import { isServiceUrl, jsonOf, withoutSlash } from "./service-fields.ts";

/** OpenAI's moderation; undefined after a report, as of all here. */
export function compileModeration(
  guard: OpenaiModerationGuard,
  scope: ConfigScope,
): ModerationGuardSettings | undefined {
  const { moderation } = guardServiceDefaults;
  const apiKey = resolveSecret(guard.apiKey, inField(scope, "api_key"));
  const url = withoutSlash(guard.url || moderation.url);
  if (!isServiceUrl(url, scope, moderation.url) || apiKey === undefined) return undefined;
  return {
    kind: "openai_moderation",
    url,
    apiKey,
    model: guard.model || moderation.model,
    categories: new Set(guard.categories),
    thresholds: new Map(Object.entries(guard.thresholds)),
  };
}

/** Azure AI Content Safety. */
export function compileContentSafety(
  guard: AzureContentSafetyGuard,
  scope: ConfigScope,
): ContentSafetyGuardSettings | undefined {
  const apiKey = resolveSecret(guard.apiKey, inField(scope, "api_key"));
  const url = withoutSlash(guard.url);
  const example = "https://my-resource.cognitiveservices.azure.com";
  if (!isServiceUrl(url, scope, example) || apiKey === undefined) return undefined;
  const { checks } = guard;
  return {
    kind: "azure_content_safety",
    url,
    apiKey,
    harm: checks.length === 0 || checks.includes(AzureContentSafetyCheck.HARM),
    promptShield: checks.includes(AzureContentSafetyCheck.PROMPT_SHIELD),
    severity: guard.severity ?? guardServiceDefaults.contentSafety.severity,
    severities: new Map(Object.entries(guard.severities)),
    blocklists: guard.blocklists,
  };
}

/** Presidio. */
export function compilePresidio(
  guard: PresidioGuard,
  scope: ConfigScope,
): PresidioGuardSettings | undefined {
  const { anonymizerUrl, language, entities, scoreThreshold } = guard;
  const recognizers = jsonOf(guard.recognizersJson, "list", inField(scope, "recognizers_json"));
  const anonymizers = jsonOf(guard.anonymizersJson, "object", inField(scope, "anonymizers_json"));
  const isReachable =
    isServiceUrl(guard.url, scope, "http://presidio-analyzer:3000") &&
    (anonymizerUrl === "" ||
      isServiceUrl(anonymizerUrl, scope, "http://presidio-anonymizer:3000", "anonymizer_url"));
  if (recognizers === undefined || anonymizers === undefined || !isReachable) return undefined;
  return {
    kind: "presidio",
    url: withoutSlash(guard.url),
    anonymizerUrl: withoutSlash(anonymizerUrl),
    language: language || guardServiceDefaults.presidio.language,
    entities,
    scoreThreshold,
    recognizersJson: recognizers,
    anonymizersJson: anonymizers,
  };
}

/** Lakera Guard. */
export function compileLakera(
  guard: LakeraGuard,
  scope: ConfigScope,
): LakeraGuardSettings | undefined {
  const { lakera } = guardServiceDefaults;
  const apiKey = resolveSecret(guard.apiKey, inField(scope, "api_key"));
  const url = withoutSlash(guard.url || lakera.url);
  if (!isServiceUrl(url, scope, lakera.url)) return undefined;
  return { kind: "lakera", url, apiKey, projectId: guard.projectId };
}
