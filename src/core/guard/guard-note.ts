/** What a guard looks at; see `GuardStage` of the config. */
export type GuardStageName = "input" | "tool_results" | "output" | "tool_arguments" | "reasoning";

/** What becomes of a call in which a guard finds something; see `GuardAction` of the config. */
export type GuardActionName = "block" | "mask" | "flag" | "rewrite" | "route";

/** What a guard made of a stage of a call. */
export interface GuardNote {
  readonly guard: string;
  readonly version: string;
  readonly stage: GuardStageName;
  readonly outcome: GuardOutcome;
  /** What it found, such as `EMAIL`, each once. */
  readonly kinds: readonly string[];
  /** Parts that it did not read, each once. Absent: it read all. */
  readonly unreadable?: readonly UnreadablePart[];
  /** How long it took for all texts of the stage, in microseconds. Absent: it looked at none. */
  readonly tookUs?: number;
}

/** Parts that no guard reads. */
export type UnreadablePart = "IMAGE" | "AUDIO" | "VIDEO" | "FILE";

/** `pass`: nothing was found. `unavailable`: its service could not be asked. Else what was done. */
export type GuardOutcome = "pass" | "unavailable" | GuardActionName;

/** The graver one counts where a guard looks at a stage more than once. */
const outcomes: readonly GuardOutcome[] = [
  "pass",
  "flag",
  "unavailable",
  "rewrite",
  "mask",
  "route",
  "block",
];

/** The graver of two outcomes. */
export function graverOutcome(one: GuardOutcome, other: GuardOutcome): GuardOutcome {
  return outcomes.indexOf(one) > outcomes.indexOf(other) ? one : other;
}

/** Notes with one more, which is joined with that of the same guard and stage. */
export function addGuardNote(notes: readonly GuardNote[], note: GuardNote): readonly GuardNote[] {
  const at = notes.findIndex(({ guard, stage }) => guard === note.guard && stage === note.stage);
  const before = notes[at];
  if (before === undefined) return [...notes, note];
  const graver = graverOutcome(before.outcome, note.outcome) === note.outcome ? note : before;
  const kinds = [...new Set([...before.kinds, ...note.kinds])];
  const unreadable = new Set([...(before.unreadable ?? []), ...(note.unreadable ?? [])]);
  const unread = unreadable.size === 0 ? undefined : { unreadable: [...unreadable] };
  return notes.with(at, { ...graver, kinds, ...unread, ...tookTogether(before, note) });
}

function tookTogether({ tookUs: one }: GuardNote, { tookUs: other }: GuardNote) {
  return one === undefined && other === undefined
    ? undefined
    : { tookUs: (one ?? 0) + (other ?? 0) };
}
