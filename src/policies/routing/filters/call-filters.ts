import type { Settings } from "../../../config/settings.ts";
import { allowedTargetFilter } from "./allowed-target-filter.ts";
import type { CallFilter } from "./call-filter.ts";
import { labelFilter } from "./label-filter.ts";
import { isTagged, tagFilter } from "./tag-filter.ts";

/**
 * What keeps calls from targets by the settings, in the order in which reasons are named. Each is
 * there only where the settings give it something to look at; labels can be required by callers.
 */
export function callFilters({ models, keys, config }: Settings): readonly CallFilter[] {
  const filters: CallFilter[] = [labelFilter];
  if (keys.some(({ settings }) => settings.targets.length > 0)) filters.push(allowedTargetFilter);
  if ([...models.values()].some(isTagged)) filters.push(tagFilter(config.routing.tagMatch));
  return filters;
}
