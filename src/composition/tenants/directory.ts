import { randomBytes } from "node:crypto";
import type { Tenant } from "../../core/caller/tenant.ts";
import {
  type DirectoryKind,
  type DirectoryRow,
  memberId,
} from "../../store/directory/directory-row.ts";
import type { StoreLink } from "../../store/store.ts";

/** What a directory is made of. */
export interface DirectoryOptions {
  readonly store: Pick<StoreLink, "request">;
  readonly wallMs: () => number;
}

const pageRows = 5_000;
/** Unknown keys whose lookup is remembered, and lookups at once. */
const maxUnknown = 10_000;
const maxLookups = 32;
const lookupMs = 2_000;

/** In the order in which they are read. */
const directoryKinds = [
  "organization",
  "team",
  "user",
  "member",
  "budget",
  "end_user",
  "key",
] as const satisfies readonly DirectoryKind[];

type Objects = Readonly<Record<DirectoryKind, Map<string, DirectoryRow>>>;

/**
 * The organizations, teams, users and keys of the store in the memory of this thread. It follows
 * the store by the changes that are numbered there.
 */
export class Directory {
  /** Grows with each change that was seen, so that what was made of rows is made again. */
  epoch = 0;
  /** What was made of rows, which are other ones once they change. */
  tenants = new WeakMap<DirectoryRow, Tenant>();
  readonly #options: DirectoryOptions;
  #objects: Objects = emptyObjects();
  readonly #byHash = new Map<string, DirectoryRow>();
  readonly #texts = new Map<string, string>();
  readonly #unknown = new Set<string>();
  #lookups = 0;
  #secret = "";
  #sequence = 0;
  #following: Promise<void> | undefined;

  constructor(options: DirectoryOptions) {
    this.#options = options;
  }

  /** What the hashes of keys are made with, as hex digits; "" before the store was read. */
  get secret(): string {
    return this.#secret;
  }

  /** Whether the store was read. */
  get isOpen(): boolean {
    return this.#secret !== "";
  }

  get(kind: DirectoryKind, id: string): DirectoryRow | undefined {
    return this.#objects[kind].get(id);
  }

  /** All of a kind. */
  all(kind: DirectoryKind): readonly DirectoryRow[] {
    return [...this.#objects[kind].values()];
  }

  /** Whether there is any of a kind. */
  has(kind: DirectoryKind): boolean {
    return this.#objects[kind].size > 0;
  }

  /** The memberships of a user. */
  membershipsOf(userId: string): readonly DirectoryRow[] {
    return this.all("member").filter((one) => one.userId === userId);
  }

  /** The key that has a hash, also if that is of the value before. */
  byHash(hash: string): DirectoryRow | undefined {
    return this.#byHash.get(hash);
  }

  /** Reads the store, or what has changed in it. Rejects where the store does not answer. */
  follow(): Promise<void> {
    this.#following ??= this.#follow().finally(() => {
      this.#following = undefined;
    });
    return this.#following;
  }

  /** Follows from now on, so that a change that was made before this call is seen. */
  async catchUp(): Promise<void> {
    await this.#following?.catch(() => undefined);
    await this.follow();
  }

  /**
   * Looks in the store for a key that is not known here; each at most once until keys change.
   * Undefined: there is none.
   */
  async lookUp(hashes: readonly string[]): Promise<DirectoryRow | undefined> {
    const [first = ""] = hashes;
    if (this.#unknown.has(first) || this.#lookups >= maxLookups) return undefined;
    this.#lookups += 1;
    try {
      const row = await this.#options.store.request("directory.find", { hashes }, lookupMs);
      if (row !== undefined) {
        await this.catchUp();
        return hashes.map((hash) => this.byHash(hash)).find((one) => one !== undefined);
      }
      if (this.#unknown.size >= maxUnknown) this.#unknown.clear();
      this.#unknown.add(first);
      return undefined;
    } finally {
      this.#lookups -= 1;
    }
  }

  /** Whether it is remembered that no key has the hash. */
  isUnknown(hash: string): boolean {
    return this.#unknown.has(hash);
  }

  async #follow(): Promise<void> {
    if (!this.isOpen) return this.#readAll();
    for (;;) {
      const after = this.#sequence;
      const changes = await this.#options.store.request("directory.changes", { after });
      if (changes.lost) return this.#readAll();
      for (const { kind, id } of changes.gone) this.#remove(kind, id);
      for (const row of changes.rows) this.#keep(row);
      this.#sequence = changes.sequence;
      if (changes.sequence === after) return;
      this.epoch += 1;
      this.#unknown.clear();
    }
  }

  async #readAll(): Promise<void> {
    const { store, wallMs } = this.#options;
    const state = await store.request("directory.open", {
      newSecret: randomBytes(32).toString("hex"),
      nowMs: wallMs(),
    });
    const rows: DirectoryRow[] = [];
    for (const kind of directoryKinds)
      for (let after = ""; ; ) {
        const query = { kind, after, limit: pageRows };
        const page = await store.request("directory.page", query);
        for (const row of page) rows.push(row);
        const last = page.at(-1);
        if (kind === "member" || page.length < pageRows || last === undefined) break;
        after = last.id;
      }
    this.#objects = emptyObjects();
    this.#byHash.clear();
    this.#texts.clear();
    for (const row of rows) this.#keep(row);
    this.#sequence = state.sequence;
    this.#secret = state.secret;
    this.epoch += 1;
    this.#unknown.clear();
  }

  #keep(row: DirectoryRow): void {
    this.#drop(row.kind, row.id);
    // Keys of one team say the same, and there may be many.
    const kept = { ...row, settingsJson: this.#once(row.settingsJson) };
    this.#objects[row.kind].set(row.id, kept);
    if (row.kind !== "key") return;
    this.#byHash.set(row.hash, kept);
    if (row.previousHash !== "") this.#byHash.set(row.previousHash, kept);
  }

  #once(text: string): string {
    const known = this.#texts.get(text);
    if (known !== undefined) return known;
    if (this.#texts.size < maxUnknown) this.#texts.set(text, text);
    return text;
  }

  /** Takes an object away, and with a team or a user its memberships. */
  #remove(kind: DirectoryKind, id: string): void {
    this.#drop(kind, id);
    if (kind !== "team" && kind !== "user") return;
    for (const member of this.all("member"))
      if (member.teamId === id || member.userId === id)
        this.#objects.member.delete(memberId(member));
  }

  #drop(kind: DirectoryKind, id: string): void {
    // Whoever points to it is bounded by what it says now.
    if (kind === "budget") this.tenants = new WeakMap();
    const row = this.#objects[kind].get(id);
    if (row === undefined) return;
    this.#objects[kind].delete(id);
    if (kind !== "key") return;
    this.#byHash.delete(row.hash);
    this.#byHash.delete(row.previousHash);
  }
}

function emptyObjects(): Objects {
  return {
    organization: new Map(),
    team: new Map(),
    user: new Map(),
    key: new Map(),
    member: new Map(),
    budget: new Map(),
    end_user: new Map(),
  };
}
