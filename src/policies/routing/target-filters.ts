import { Strategy } from "../../../gen/parlance/config/v1/strategy_pb.js";
import type { ConfiguredModel } from "../../config/settings.ts";
import { outputBoundOf, sizeOf } from "../../core/facts/call-size.ts";
import type { TargetFilter } from "../../core/target/exclusion.ts";
import { prefixKeyOf } from "./choice/seen-prefixes.ts";
import { stickyKeyOf } from "./choice/sticky-key.ts";
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
  const wants = { stream, ...strategyWants(call, model) };
  const [first] = found;
  if (first === undefined) return wants;
  if (found.length === 1) return { ...wants, excludes: first };
  return {
    ...wants,
    excludes(target) {
      for (const filter of found) {
        const exclusion = filter(target);
        if (exclusion !== undefined) return exclusion;
      }
      return undefined;
    },
  };
}

/** What the strategy of a model goes by beside the targets; undefined: nothing. */
function strategyWants(
  call: RoutedCall,
  model: ConfiguredModel,
): Pick<Wants, "size" | "outputBound" | "key"> | undefined {
  const { strategy } = model.settings;
  if (strategy === Strategy.LOWEST_COST) {
    const prefix = prefixKeyOf(call);
    return { size: sizeOf(call), ...(prefix !== undefined && { key: prefix }) };
  }
  // Not before it is compared: a request may have to be decoded for it.
  if (strategy === Strategy.LOWEST_LATENCY) return { outputBound: () => outputBoundOf(call) };
  if (strategy !== Strategy.STICKY) return undefined;
  const key = stickyKeyOf(call, model);
  return key === undefined ? undefined : { key };
}
