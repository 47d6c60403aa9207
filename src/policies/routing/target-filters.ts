import type { ConfiguredModel } from "../../config/settings.ts";
import type { TargetFilter } from "../../core/target/exclusion.ts";
import type { Wants } from "./choose-targets.ts";
import type { CallFilter, RoutedCall } from "./filters/call-filter.ts";

/**
 * What a call wants of the targets of a model. The first filter that excludes a target says why;
 * that of the call itself comes first.
 */
export function wantsOf(
  { filters }: { readonly filters: readonly CallFilter[] },
  call: RoutedCall,
  model: ConfiguredModel,
): Wants {
  const { stream } = call.request;
  const found: TargetFilter[] = call.excludes === undefined ? [] : [call.excludes];
  for (const filter of filters) {
    const one = filter(call, model);
    if (one !== undefined) found.push(one);
  }
  const [first] = found;
  if (first === undefined) return { stream };
  if (found.length === 1) return { stream, excludes: first };
  return {
    stream,
    excludes(target) {
      for (const filter of found) {
        const exclusion = filter(target);
        if (exclusion !== undefined) return exclusion;
      }
      return undefined;
    },
  };
}
