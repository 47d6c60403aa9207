import type { ConfiguredExperiment } from "../../config/settings.ts";
import type { EntryOwner, SharedEntries, ShareEntries } from "../../state/shared-entries.ts";
import type {
  GroupSums,
  SharedTallies,
  ShareTallies,
  TallyGroup,
} from "../../state/shared-tallies.ts";
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
 * What is known of experiments, for all threads of the gateway and those that it shares with:
 * decisions and the results of arms. It outlives reloads for as long as an experiment stays as it
 * is.
 */
export interface ExperimentBook {
  decision(experiment: KnownExperiment): Decision;
  /** Decides for all threads at once, and for other gateways within a tenth of a second. */
  decide(experiment: KnownExperiment, decision: Decision): void;
  /** Counts something of an arm. */
  count(experiment: KnownExperiment, arm: string, change: (tally: Tally) => void): void;
  /** What was counted of the arms, in their order. */
  results(experiment: KnownExperiment): Promise<GroupSums>;
  /** Forgets every experiment but these. */
  keep(experiments: readonly KnownExperiment[]): void;
  close(): void;
}

/** An experiment that was met: its own numbers, and those of its arms by name. */
interface Entry {
  readonly own: Tally;
  readonly arms: ReadonlyMap<string, Tally>;
  readonly names: readonly string[];
  readonly group: TallyGroup;
}

// The places of an experiment's own numbers.
const decided = 0;
const since = 1;
/** Changes with each count of an arm. */
const counts = 2;

/** Numbers of decisions; those from here on are of an arm by its place. */
const stopped = 1;
const promoted = 2;

/** What gateways say to each other. */
interface Links {
  readonly decisions: SharedEntries;
  readonly results: SharedTallies;
}

/** What a book is made of. */
export interface BookOptions {
  /** What the threads share. */
  readonly tallies: Tallies;
  /** What gateways share. */
  readonly share: ShareEntries;
  readonly shareTallies: ShareTallies;
  /** The time of day in milliseconds since 1970. */
  readonly wallMs: () => number;
}

/** Makes a book that knows of nothing. */
export function createExperimentBook(options: BookOptions): ExperimentBook {
  const { tallies, share, shareTallies, wallMs } = options;
  const entries = new Map<string, Entry>();
  let links: Links | undefined;
  // Gateways without experiments have nothing to share.
  const linked = (): Links => {
    links ??= {
      decisions: share("experiments", ownerOf(entries)),
      results: shareTallies("experiments"),
    };
    return links;
  };
  const open = (experiment: KnownExperiment): Entry => {
    const key = keyOf(experiment);
    const known = entries.get(key);
    if (known !== undefined) return known;
    const own = tallies.open(key);
    if (own.get(since) === 0) own.set(since, wallMs());
    const named = experiment.arms.map(({ name }) => [name, `${key}\0${name}`] as const);
    const arms = new Map(named.map(([name, tally]) => [name, tallies.open(tally)]));
    const names = [key, ...named.map(([, tally]) => tally)];
    const group = {
      name: key,
      sinceMs: own.get(since),
      tallies: [...arms.values()],
      changes: () => own.get(counts),
    };
    const entry = { own, arms, names, group };
    entries.set(key, entry);
    return entry;
  };
  return {
    decision: (experiment) => readDecision(open(experiment).own.get(decided), experiment),
    decide(experiment, decision) {
      open(experiment).own.set(decided, numberOf(decision, experiment));
      linked().decisions.write(keyOf(experiment), printDecision(decision));
    },
    count(experiment, arm, change) {
      const { own, arms } = open(experiment);
      const tally = arms.get(arm);
      if (tally === undefined) throw new Error(`experiment ${experiment.name} has no arm ${arm}`);
      change(tally);
      own.add(counts, 1);
    },
    results: (experiment) => linked().results.sum(open(experiment).group),
    keep(experiments) {
      const groups = experiments.map((experiment) => open(experiment).group);
      if (links !== undefined || groups.length > 0) {
        const { decisions, results } = linked();
        results.keep(groups);
        // What was decided elsewhere of an experiment that this gateway did not know until now.
        decisions.again();
      }
      const kept = new Set(experiments.map(keyOf));
      for (const [key, { names }] of entries) {
        if (kept.has(key)) continue;
        entries.delete(key);
        // Its own numbers first: by them others see that the rest is forgotten.
        for (const name of names) tallies.drop(name);
      }
    },
    close() {
      links?.results.close();
      links?.decisions.close();
    },
  };
}

/**
 * Takes what is decided at any gateway, this one too: an experiment that a reload takes away and
 * brings back is decided as it is at the others.
 */
function ownerOf(entries: ReadonlyMap<string, Entry>): EntryOwner {
  return {
    hearsOwn: true,
    isKept: ({ name }) => entries.has(name),
    onEntry({ name, text }) {
      const entry = entries.get(name);
      if (entry === undefined) return;
      const number = parseDecision(text, [...entry.arms.keys()]);
      if (number !== undefined) entry.own.set(decided, number);
    },
  };
}

/** Kept for each experiment, so that its name is hashed once and not for each call. */
function keyOf(experiment: KnownExperiment): string {
  const known = keys.get(experiment);
  if (known !== undefined) return known;
  const key = `experiment\0${experiment.name}\0${experiment.version}`;
  keys.set(experiment, key);
  return key;
}

const keys = new WeakMap<KnownExperiment, string>();

const running: Decision = { kind: "running" };

function readDecision(number: number, { arms }: KnownExperiment): Decision {
  if (number === 0) return running;
  if (number === stopped) return { kind: "stopped" };
  const arm = arms[number - promoted];
  return arm === undefined ? running : { kind: "promoted", arm: arm.name };
}

function numberOf(decision: Decision, { name, arms }: KnownExperiment): number {
  if (decision.kind === "running") return 0;
  if (decision.kind === "stopped") return stopped;
  const at = arms.findIndex((arm) => arm.name === decision.arm);
  if (at < 0) throw new Error(`experiment ${name} has no arm ${decision.arm}`);
  return promoted + at;
}

/** As gateways write it to each other. */
function printDecision(decision: Decision): string {
  return decision.kind === "promoted" ? `promoted ${decision.arm}` : decision.kind;
}

/** The number of a decision; undefined where it is none of this experiment. */
function parseDecision(text: string, arms: readonly string[]): number | undefined {
  if (text === "running") return 0;
  if (text === "stopped") return stopped;
  const at = arms.findIndex((arm) => text === `promoted ${arm}`);
  return at < 0 ? undefined : promoted + at;
}
