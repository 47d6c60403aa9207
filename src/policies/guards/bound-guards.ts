import { ErrorReason } from "../../../gen/parlance/error/v1/error_reason_pb.js";
import { type GuardSpec, GuardSpecSchema } from "../../../gen/parlance/guard/v1/guard_spec_pb.js";
import type { Settings } from "../../config/settings.ts";
import type { Call } from "../../core/call.ts";
import { GatewayError } from "../../core/faults/gateway-error.ts";
import type { Guard } from "../../core/guard/guard.ts";
import { stageNames } from "../../core/guard/guard-report.ts";
import { expectMessage, guardTexts, moderate } from "../../core/operation.ts";
import { guardUnavailable } from "./guard-fault.ts";

/** The header by which a caller names guards, or with a dash those that it does without. */
const header = "x-parlance-guards";

/** As many guards may a caller name. */
const maxNames = 64;

/** Finds the guards that bind calls. */
export class BoundGuards {
  /** In the order of the config. */
  readonly #guards: ReadonlyMap<string, Guard>;
  readonly #settings: Settings;
  /** By the names of teams of the config. */
  readonly #ofTeams: ReadonlyMap<string, readonly string[]>;

  constructor(guards: ReadonlyMap<string, Guard>, settings: Settings) {
    this.#guards = guards;
    this.#settings = settings;
    this.#ofTeams = new Map(settings.config.teams.map((team) => [team.name, team.guards]));
  }

  /**
   * Those that bind a call, in the order of the config: the default ones, those of its model, its
   * key and its team, and those that it names. Throws a GatewayError where there is none of a name,
   * or the caller may not do without one.
   */
  ofCall(call: Call): Bound {
    const { principal, wantedGuards = [] } = call;
    const named = call.header(header);
    const isBound = named !== undefined || wantedGuards.length > 0 || principal?.guards;
    if ((this.#guards.size === 0 && !isBound) || call.unguarded === true) return none;
    if (this.inPlaceOfModel(call) !== undefined) return none;
    const { wanted, unwanted } = readHeader(named);
    const names = this.#namesFor(call);
    for (const [name, field] of [
      ...wanted.map((name) => [name, header] as const),
      ...wantedGuards.map((name) => [name, "guardrails"] as const),
    ]) {
      if (!this.#guards.has(name)) throw notKnown(name, field, [...this.#guards.keys()]);
      names.add(name);
    }
    for (const name of unwanted)
      if (principal?.optionalGuards?.has(name) !== true) throw notOptional(name, principal?.name);
    const isBinding = ({ name, byDefault }: Guard): boolean =>
      (byDefault || names.has(name)) && !unwanted.includes(name);
    return { guards: this.#named(isBinding), without: unwanted };
  }

  /**
   * Those that bind the try of a call beside those that have looked at it: of the model that is
   * tried, and all others where the request is another one by now.
   */
  ofTry(call: Call): { readonly guards: readonly Guard[]; readonly looked: ReadonlySet<string> } {
    const { guarded, attempt, model, request } = call;
    if (call.unguarded === true) return { guards: [], looked: nothing };
    const looked = guarded?.request === request ? guarded.names : nothing;
    const bound = new Set([...(guarded?.names ?? []), ...this.#ofModel(attempt?.model || model)]);
    for (const name of guarded?.without ?? []) bound.delete(name);
    return { guards: this.#named(({ name }) => bound.has(name)), looked };
  }

  /**
   * Those that answer a call in place of a model, undefined where none does: for the operation
   * `guard` those that it names, else those that would bind a call to its model and have the stage;
   * for moderations the one whose name stands for the model. Throws a GatewayError where there is
   * none of a name.
   */
  inPlaceOfModel(call: Call): readonly Guard[] | undefined {
    const { model, request } = call;
    if (request.operation === guardTexts)
      return this.#ofSpec(call, expectMessage(request.message(), GuardSpecSchema));
    if (request.operation !== moderate || !this.#guards.has(model)) return undefined;
    return this.#settings.resolve(model) === undefined
      ? this.#named(({ name }) => name === model)
      : undefined;
  }

  #ofSpec(call: Call, { guards, stage }: GuardSpec): readonly Guard[] {
    const { model } = call;
    if (model !== "" && this.#settings.resolve(model) === undefined) throw unknownModel(model);
    if (guards.length === 0) {
      const bound = this.#namesFor(call);
      return this.#named(
        ({ name, byDefault, stages }) =>
          (byDefault || bound.has(name)) && stages.has(stageNames[stage]),
      );
    }
    for (const name of guards)
      if (!this.#guards.has(name)) throw notKnown(name, "spec.guards", [...this.#guards.keys()]);
    return this.#named(({ name }) => guards.includes(name));
  }

  /** Those of some names. */
  withNames(names: ReadonlySet<string>): readonly Guard[] {
    return this.#named(({ name }) => names.has(name));
  }

  /** Those of its model, its team and its key; throws where there is none of a name. */
  #namesFor({ principal, model }: Call): Set<string> {
    const ofTeam = this.#ofTeams.get(principal?.team ?? "") ?? [];
    const names = new Set([...this.#ofModel(model), ...ofTeam, ...(principal?.guards ?? [])]);
    for (const name of names)
      if (!this.#guards.has(name)) throw guardUnavailable(name, "there is no guard of this name");
    return names;
  }

  #ofModel(model: string): readonly string[] {
    return this.#settings.resolve(model)?.settings.guards ?? [];
  }

  #named(test: (guard: Guard) => boolean): readonly Guard[] {
    return [...this.#guards.values()].filter(test);
  }
}

/** The guards that bind a call. */
export interface Bound {
  readonly guards: readonly Guard[];
  /** The names of those that the caller does without. */
  readonly without: readonly string[];
}

const none: Bound = { guards: [], without: [] };

const nothing: ReadonlySet<string> = new Set();

function readHeader(value = ""): {
  readonly wanted: readonly string[];
  readonly unwanted: readonly string[];
} {
  const names = value
    .split(",", maxNames + 1)
    .map((name) => name.trim())
    .filter((name) => name !== "");
  if (names.length > maxNames) throw invalid(header, `at most ${maxNames} guards may be named`);
  return {
    wanted: names.filter((name) => !name.startsWith("-")),
    unwanted: names.flatMap((name) => (name.startsWith("-") ? [name.slice(1).trim()] : [])),
  };
}

function unknownModel(name: string): GatewayError {
  return new GatewayError({
    reason: ErrorReason.UNKNOWN_MODEL,
    message: `there is no model ${JSON.stringify(name.slice(0, 64))} whose guards could look`,
    fields: [{ field: "spec.model", message: "no such model is configured" }],
  });
}

function notKnown(name: string, field: string, known: readonly string[]): GatewayError {
  const there = known.length === 0 ? "there are none" : `there are ${known.join(", ")}`;
  return invalid(field, `there is no guard ${JSON.stringify(name.slice(0, 64))}: ${there}`);
}

function invalid(field: string, message: string): GatewayError {
  return new GatewayError({
    reason: ErrorReason.INVALID_REQUEST,
    message: `${field}: ${message}`,
    fields: [{ field, message }],
  });
}

function notOptional(name: string, key = "anonymous"): GatewayError {
  const guard = JSON.stringify(name.slice(0, 64));
  const message = `key ${key} may not do without the guard ${guard}: its optional_guards in the config say which`;
  return new GatewayError({ reason: ErrorReason.PERMISSION_DENIED, message });
}
