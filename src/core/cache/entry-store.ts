import type { FieldReport } from "../../../gen/parlance/call/v1/call_report_pb.js";
import type { Usage } from "../../../gen/parlance/chat/v1/usage_pb.js";

/** A stored answer. */
export interface CacheEntry {
  /** A digest of the call, with who may share the answer. */
  readonly key: string;
  /** The model that the caller named. */
  readonly model: string;
  /** Whose call brought the answer. */
  readonly principal: string;
  /** The team of that key; "" where it has none. */
  readonly team: string;
  /** When it was stored, in milliseconds since 1970. */
  readonly storedMs: number;
  /** How long it is fresh, in milliseconds. */
  readonly ttlMs: number;
  /** How long after that it may be taken while it is renewed, in milliseconds. */
  readonly staleMs: number;
  readonly provider: string;
  /** The model that answered, in the vendor's words. */
  readonly vendorModel: string;
  readonly dialect: string;
  readonly report: readonly FieldReport[];
  /** `result`: the payload is a result message; `events`: events, each after its length. */
  readonly form: "result" | "events";
  readonly payload: Uint8Array;
  /** What the answer took when the vendor made it. Absent: not known. */
  readonly usage?: Usage;
}

/** Which entries are purged: those that fit all that is set; all where nothing is. */
export interface PurgeFilter {
  readonly model?: string;
  readonly principal?: string;
  readonly team?: string;
  /** The key of one entry. */
  readonly entry?: string;
}

/** Where stored answers are kept. Nothing here throws: what cannot be done is a miss. */
export interface EntryStore {
  /**
   * A promise only where it has to wait. Entries past their time may be given. `waiter`: the call
   * that waits, such as its `life`; all its waits for Redis together are bounded.
   */
  get(key: string, waiter?: object): CacheEntry | undefined | Promise<CacheEntry | undefined>;
  /** The same for a dry run: nothing of what is kept changes, nor when it was used last. */
  peek(key: string, waiter?: object): CacheEntry | undefined | Promise<CacheEntry | undefined>;
  put(entry: CacheEntry): void;
  /** Gives how many were purged. */
  purge(filter: PurgeFilter): number | Promise<number>;
  /**
   * Deletes what was purged and nobody has taken away yet, from where several gateways share it;
   * gives how many, undefined where that cannot be looked through. `goesOn` is asked now and then.
   * Absent: nothing is shared.
   */
  sweep?(goesOn: () => Promise<boolean>): Promise<number | undefined>;
  /** Says who brings an answer. Absent: no other gateway could. */
  readonly leases?: EntryLeases;
}

/** Who of several gateways brings an answer. Nothing here throws. */
export interface EntryLeases {
  /** How long a lease lasts that is not released, in milliseconds. */
  readonly lifeMs: number;
  /** Takes the lease of an answer where it is neither stored nor brought by another gateway. */
  take(key: string, waiter: object): Promise<EntryLease>;
  /** Looks what has become of an answer that another gateway brings. */
  look(key: string, waiter: object): Promise<EntryLease>;
}

/**
 * What is known of an answer: it is stored, another gateway brings it, this one is to bring it and
 * to release the lease then, or nobody is known to bring it.
 */
export type EntryLease =
  | { readonly kind: "stored"; readonly entry: CacheEntry }
  | { readonly kind: "held" }
  | { readonly kind: "taken"; readonly release: () => void }
  | { readonly kind: "unknown" };

/** What is remembered of the bytes of a request: under what its answer is stored. */
export interface BodyAlias {
  readonly key: string;
  /** That of the entry whose bytes `wire` are. */
  readonly storedMs: number;
  /** The vendor's own bytes of the answer, for callers with the same bytes. */
  readonly wire?: Uint8Array;
}

/** Finds the key of an answer by a digest of the bytes of a request. */
export interface AliasStore {
  find(digest: string): BodyAlias | undefined;
  add(digest: string, alias: BodyAlias): void;
}

/** What the response cache of a gateway is made of. */
export interface CacheStores {
  readonly entries: EntryStore;
  readonly aliases: AliasStore;
  /** The largest answer that is stored, in bytes. */
  readonly maxEntryBytes: number;
}

/** Whether a purge is about an entry. */
export function isPurged(
  { key, model, principal, team }: Pick<CacheEntry, "key" | "model" | "principal" | "team">,
  filter: PurgeFilter,
): boolean {
  return (
    (filter.entry === undefined || filter.entry === key) &&
    (filter.model === undefined || filter.model === model) &&
    (filter.principal === undefined || filter.principal === principal) &&
    (filter.team === undefined || filter.team === team)
  );
}
