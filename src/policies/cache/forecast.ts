import { CacheState } from "../../../gen/parlance/call/v1/cache_pb.js";
import type { ConfiguredModel } from "../../config/settings.ts";
import type { CacheWishes } from "../../core/cache/cache-wishes.ts";
import type { CacheEntry } from "../../core/cache/entry-store.ts";
import type { Call } from "../../core/call.ts";
import type { Plan } from "../../core/compose.ts";

/** What the cache would do for a call, and why. */
export type Forecast = NonNullable<Plan["cache"]>;

/** Why a stored answer is not taken: its time is over. */
export const LATE = "the stored answer is past its time";

/** Why a stored answer is not taken: the caller wants a newer one. */
export const OLD = "the stored answer is older than the caller takes";

/** Why a stored answer is not taken: no target that the call may go to made it. */
export const OTHERS = "the stored answer was made by a target that the call may not go to";

/** Why a call leaves the cache aside. Undefined: it and its model want it to be used. */
export function whyUnwanted(
  { recovery }: Call,
  { settings }: ConfiguredModel,
  { useCache }: CacheWishes,
): string | undefined {
  if (recovery?.pretended !== undefined) return "the caller tests its fallbacks";
  if (useCache === false) return "the caller does not want it to be used";
  if (useCache === undefined && settings.cache?.optIn === true)
    return "the model stores answers only for calls that say so (opt_in)";
  return undefined;
}

/** A call that leaves the cache aside. */
export function bypassForecast(why: string): Forecast {
  return { facts: { state: CacheState.BYPASS, key: "" }, why };
}

/** What was found under a key. */
export interface Looked {
  readonly entry: CacheEntry | undefined;
  /** Why it is not taken. Undefined: it is, or there is none. */
  readonly unfit: string | undefined;
  readonly ageMs: number;
}

/** What a forecast is made of. */
export interface ForecastFacts {
  readonly key: string;
  /** Empty where the caller takes no stored answer. */
  readonly found: readonly Looked[];
  /** Whether an equal call is under way. */
  readonly flight: boolean;
  readonly wishes: CacheWishes;
  readonly model: ConfiguredModel;
  /** Inputs of a batch; 0: the call is none. */
  readonly inputs: number;
}

/** What the cache would do for a call with a key. */
export function forecastOf(facts: ForecastFacts): Forecast {
  const { key, found, flight, wishes, model, inputs } = facts;
  const hits = found.filter(({ entry, unfit }) => entry !== undefined && unfit === undefined);
  const some = inputs > 0 && hits.length > 0 ? { inputsHit: hits.length } : undefined;
  if (hits.length > 0 && hits.length === found.length) {
    const ageMs = hits.reduce((ms, hit) => Math.max(ms, hit.ageMs), 0);
    const stale = hits.some((hit) => hit.ageMs >= (hit.entry?.ttlMs ?? 0));
    const why = stale ? "an answer is stored, which would be renewed" : "an answer is stored";
    return { facts: { state: CacheState.HIT, key, ageMs, ...(stale && { stale }), ...some }, why };
  }
  if (flight) {
    const shared = { state: CacheState.HIT, key, ageMs: 0, shared: true };
    return { facts: shared, why: "an equal call is under way" };
  }
  const why = whyMissed(facts, hits.length);
  if (wishes.noStore === true) {
    const noStore = `${why}, and the caller wants none to be stored (no-store)`;
    return { facts: { state: CacheState.BYPASS, key, ...some }, why: noStore };
  }
  const alike = model.settings.semanticCache !== undefined && inputs === 0;
  const near = "; whether one to a question like it is stored is found out by a call alone";
  return { facts: { state: CacheState.MISS, key, ...some }, why: alike ? why + near : why };
}

function whyMissed({ found, wishes, inputs }: ForecastFacts, hits: number): string {
  if (wishes.noCache === true) return "the caller takes no stored answer (no-cache)";
  if (hits > 0) return `${hits} of ${inputs} inputs are stored`;
  return found.find(({ unfit }) => unfit !== undefined)?.unfit ?? "no answer is stored";
}
