import { TagMatch } from "../../../../gen/parlance/config/v1/routing_pb.js";
import type { ConfiguredModel } from "../../../config/settings.ts";
import { tagsOf } from "../../../core/caller/tags-of.ts";
import type { TargetFilter } from "../../../core/target/exclusion.ts";
import type { Target } from "../../../core/target/target.ts";
import type { CallFilter } from "./call-filter.ts";

/** The tag of targets that take what no other tags fit, and calls without tags. */
const DEFAULT_TAG = "default";

/**
 * Sends calls to the targets that their tags fit, in models that have targets with tags: those with
 * one of the call's tags, or with all of them; else those of the tag `default`. Calls without tags
 * go to those of `default`, or where there are none to all. Such is LiteLLM's rule too
 * (https://docs.litellm.ai/docs/proxy/tag_routing).
 */
export function tagFilter(match: TagMatch): CallFilter {
  const needsAll = match === TagMatch.ALL;
  return (call, model) => {
    if (!isTagged(model)) return undefined;
    const tags = tagsOf(call);
    const fits = ({ tags: own }: Target): boolean => {
      if (own === undefined) return false;
      return needsAll
        ? tags.every((tag) => own.includes(tag))
        : tags.some((tag) => own.includes(tag));
    };
    if (tags.length > 0 && model.targets.some(fits)) return keep(fits, tags);
    if (model.targets.some(isDefault)) return keep(isDefault, tags);
    return tags.length === 0 ? undefined : keep(() => false, tags);
  };
}

/** Whether a model has targets with tags. */
export function isTagged({ targets }: ConfiguredModel): boolean {
  return targets.some(({ tags }) => tags !== undefined);
}

function isDefault({ tags }: Target): boolean {
  return tags?.includes(DEFAULT_TAG) === true;
}

function keep(fits: (target: Target) => boolean, tags: readonly string[]): TargetFilter {
  const named = tags.length === 0 ? "calls without tags" : `the tags ${tags.join(", ")}`;
  return (target) => {
    if (fits(target)) return undefined;
    const own = target.tags === undefined ? "none" : target.tags.join(", ");
    return { why: `is not for ${named}: its tags are ${own}`, field: "tags" };
  };
}
