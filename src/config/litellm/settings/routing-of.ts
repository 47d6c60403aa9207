import type { Surroundings } from "../surroundings.ts";
import { type Draft, mapping, mappingOrNone, scalar, sequenceOrNone } from "../tree/draft.ts";
import { membersOf, type Place } from "../tree/tree.ts";
import { type FallbackLists, modelsOf } from "./fallbacks-of.ts";
import { routerSetting, type Sections, SettingReader } from "./sections.ts";

/** Kinds of failures in LiteLLM's words, and their reasons here. */
const reasons: Readonly<Record<string, readonly string[]>> = {
  BadRequestErrorRetries: ["UPSTREAM_INVALID_REQUEST"],
  AuthenticationErrorRetries: ["UPSTREAM_UNAUTHENTICATED"],
  TimeoutErrorRetries: ["UPSTREAM_TIMEOUT"],
  RateLimitErrorRetries: ["UPSTREAM_RATE_LIMITED"],
  ContentPolicyViolationErrorRetries: ["UPSTREAM_CONTENT_POLICY"],
  InternalServerErrorRetries: ["UPSTREAM_INTERNAL"],
  ServiceUnavailableErrorRetries: ["UPSTREAM_UNAVAILABLE", "UPSTREAM_OVERLOADED"],
  NotFoundErrorRetries: ["UPSTREAM_NOT_FOUND"],
};

/** The fallbacks of a file. */
interface FileFallbacks {
  readonly general: FallbackLists;
  /** Whether there are some of any kind. */
  readonly hasFallbacks: boolean;
  readonly isModel: (name: string) => boolean;
}

/** `routing`: what holds for all models. */
export function routingOf(
  sections: Sections,
  { general, hasFallbacks, isModel }: FileFallbacks,
  surroundings: Surroundings,
  at: Place,
): Draft | undefined {
  const read = new SettingReader(surroundings);
  const max = read.number(routerSetting(sections, "max_fallbacks"));
  const checks = read.flag(routerSetting(sections, "enable_pre_call_checks"));
  const any = read.flag(routerSetting(sections, "tag_filtering_match_any"));
  const skip = checks?.value === false ? scalar(true, checks.at) : undefined;
  const defaults = [
    ...modelsOf(routerSetting(sections, "default_fallbacks"), isModel, surroundings),
    ...(general.get("*") ?? []),
  ];
  return mappingOrNone(
    {
      default_fallbacks: sequenceOrNone(distinct(defaults), at),
      max_fallbacks:
        max === undefined
          ? undefined
          : scalar(Math.min(32, Math.max(0, Math.trunc(max.value))), max.at),
      failures: sequenceOrNone(failuresOf(sections, read, surroundings), at),
      tag_match: any?.value === false ? scalar("ALL", any.at) : undefined,
      skip_capability_check: skip,
      skip_context_check: skip,
      // Models that fall back to each other are usual there, and each is tried once.
      allow_fallback_cycles: hasFallbacks ? scalar(true, at) : undefined,
    },
    at,
  );
}

function distinct(drafts: readonly Draft[]): readonly Draft[] {
  const seen = new Set<unknown>();
  return drafts.filter((draft) => {
    const value = "value" in draft ? draft.value : draft;
    if (seen.has(value)) return false;
    seen.add(value);
    return true;
  });
}

function failuresOf(
  sections: Sections,
  read: SettingReader,
  surroundings: Surroundings,
): readonly Draft[] {
  const policy = membersOf(routerSetting(sections, "retry_policy"));
  return [...policy.values()].flatMap(({ name, value, at }) => {
    const count = read.number(value);
    const known = Object.hasOwn(reasons, name) ? reasons[name] : undefined;
    if (count === undefined) return [];
    if (known === undefined) {
      surroundings.note({
        kind: "none",
        at,
        message: "retries are not set by failures of this kind",
      });
      return [];
    }
    return known.map((reason) =>
      mapping({ reason: scalar(reason, at), retry: scalar(count.value > 0, count.at) }, at),
    );
  });
}
