import type { ConfiguredExperiment } from "../../config/settings.ts";
import type { Tallies, Tally } from "../../state/state.ts";

/** What an operator has decided at run time about an experiment. */
export type Decision =
  /** Its shares hold. */
  | { readonly kind: "running" }
  /** Every unit goes to its first arm. */
  | { readonly kind: "stopped" }
  /** Every unit goes to this arm. */
  | { readonly kind: "promoted"; readonly arm: string };

/** An experiment as far as it is known by. */
export type KnownExperiment = Pick<ConfiguredExperiment, "name" | "version" | "arms">;

/**
 * What is known of experiments, for all threads of the gateway: decisions and the results of arms.
 * It outlives reloads for as long as an experiment stays as it is.
 */
export interface ExperimentBook {
  decision(experiment: KnownExperiment): Decision;
  decide(experiment: KnownExperiment, decision: Decision): void;
  /** When an experiment began, in milliseconds since 1970. */
  sinceMs(experiment: KnownExperiment): number;
  /** What is counted of an arm. */
  tally(experiment: KnownExperiment, arm: string): Tally;
  /** Forgets every experiment but these. */
  keep(experiments: readonly KnownExperiment[]): void;
}

/** An experiment that was met: its own numbers, and those of its arms by name. */
interface Entry {
  readonly own: Tally;
  readonly arms: ReadonlyMap<string, Tally>;
  readonly names: readonly string[];
}

// The places of an experiment's own numbers.
const decided = 0;
const since = 1;

/** Numbers of decisions; those from here on are of an arm by its place. */
const stopped = 1;
const promoted = 2;

/** Makes a book over what the threads share. `wallMs` is the time of day. */
export function createExperimentBook(tallies: Tallies, wallMs: () => number): ExperimentBook {
  const entries = new Map<string, Entry>();
  const open = (experiment: KnownExperiment): Entry => {
    const key = keyOf(experiment);
    const known = entries.get(key);
    if (known !== undefined) return known;
    const own = tallies.open(key);
    if (own.get(since) === 0) own.set(since, wallMs());
    const named = experiment.arms.map(({ name }) => [name, `${key}\0${name}`] as const);
    const arms = new Map(named.map(([name, tally]) => [name, tallies.open(tally)]));
    const entry = { own, arms, names: [key, ...named.map(([, tally]) => tally)] };
    entries.set(key, entry);
    return entry;
  };
  return {
    decision: (experiment) => readDecision(open(experiment).own.get(decided), experiment),
    decide: (experiment, decision) =>
      open(experiment).own.set(decided, numberOf(decision, experiment)),
    sinceMs: (experiment) => open(experiment).own.get(since),
    tally(experiment, arm) {
      const tally = open(experiment).arms.get(arm);
      if (tally === undefined) throw new Error(`experiment ${experiment.name} has no arm ${arm}`);
      return tally;
    },
    keep(experiments) {
      const kept = new Set(experiments.map(keyOf));
      for (const [key, { names }] of entries) {
        if (kept.has(key)) continue;
        entries.delete(key);
        for (const name of names) tallies.drop(name);
      }
      for (const experiment of experiments) open(experiment);
    },
  };
}

function keyOf({ name, version }: KnownExperiment): string {
  return `experiment\0${name}\0${version}`;
}

function readDecision(number: number, { arms }: KnownExperiment): Decision {
  if (number === stopped) return { kind: "stopped" };
  const arm = arms[number - promoted];
  return arm === undefined ? { kind: "running" } : { kind: "promoted", arm: arm.name };
}

function numberOf(decision: Decision, { name, arms }: KnownExperiment): number {
  if (decision.kind === "running") return 0;
  if (decision.kind === "stopped") return stopped;
  const at = arms.findIndex((arm) => arm.name === decision.arm);
  if (at < 0) throw new Error(`experiment ${name} has no arm ${decision.arm}`);
  return promoted + at;
}
