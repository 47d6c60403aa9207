/** A text by a name that gateways share: the last one that was written, wherever. */
export interface SharedEntry {
  readonly name: string;
  readonly text: string;
  /** How long ago it was written, in milliseconds. */
  readonly ageMs: number;
}

/**
 * Entries that every gateway keeps a copy of, each where it wants. What is written here is heard by
 * the others within a tenth of a second. Nothing waits for Redis: while it is silent nothing is
 * heard, and what was written meanwhile is written again once it is back, also where it has lost
 * all.
 */
export interface SharedEntries {
  /** Writes an entry for the others. */
  write(name: string, text: string): void;
  /** Has all entries heard once more, as when there is now a place for what was passed over. */
  again(): void;
  close(): void;
}

/** Who keeps the copy of entries. */
export interface EntryOwner {
  /** Takes an entry that another gateway has written. */
  readonly onEntry: (entry: SharedEntry) => void;
  /** Whether entries that this gateway has written are heard too. Default: they are not. */
  readonly hearsOwn?: boolean;
  /** Whether an entry that was written here still matters, so that it is to outlive Redis. */
  readonly isKept: (entry: SharedEntry) => boolean;
}

/** Begins to share the entries of a kind, such as `circuits`, once for each thread. */
export type ShareEntries = (kind: string, owner: EntryOwner) => SharedEntries;

/** Shares nothing. */
export const shareNothing: ShareEntries = () => ({
  write: () => undefined,
  again: () => undefined,
  close: () => undefined,
});
