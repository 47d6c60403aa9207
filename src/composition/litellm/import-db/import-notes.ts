/** What became of something of LiteLLM's that has no counterpart, or not quite. */
export interface ImportNote {
  /** What it was said of, such as `key`. */
  readonly kind: string;
  readonly member: string;
  /** `lost`: nothing stands for it; `changed`: something near it does. */
  readonly outcome: "lost" | "changed";
  readonly message: string;
  readonly count: number;
  /** The ids of the first ones. */
  readonly examples: readonly string[];
}

/** What an import has done to objects of a kind. */
export interface ImportCount {
  imported: number;
  /** Those that were there already. */
  known: number;
  /** Those that cannot be imported; a note says why. */
  skipped: number;
}

const maxExamples = 3;

/** Counts what an import does, and what of it deserves a look: each thing once, however often. */
export class ImportNotes {
  readonly counts = new Map<string, ImportCount>();
  readonly #notes = new Map<string, ImportNote>();

  /** Counts an object. */
  count(kind: string, how: keyof ImportCount, many = 1): void {
    const counted = this.counts.get(kind) ?? { imported: 0, known: 0, skipped: 0 };
    counted[how] += many;
    this.counts.set(kind, counted);
  }

  /** Notes something of an object. */
  add(note: Pick<ImportNote, "kind" | "member" | "outcome" | "message">, id: string): void {
    const place = [note.kind, note.member, note.message].join("\n");
    const known = this.#notes.get(place) ?? { ...note, count: 0, examples: [] };
    const examples = known.examples.length < maxExamples ? [...known.examples, id] : known.examples;
    this.#notes.set(place, { ...known, count: known.count + 1, examples });
  }

  /** All notes, what is lost first. */
  all(): readonly ImportNote[] {
    return [...this.#notes.values()].sort((one, other) =>
      one.outcome === other.outcome ? other.count - one.count : one.outcome === "lost" ? -1 : 1,
    );
  }
}
