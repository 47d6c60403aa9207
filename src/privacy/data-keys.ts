import { randomBytes, randomUUID } from "node:crypto";
import type { WrappedDataKey } from "../core/ledger/sealed-content.ts";
import { type MasterKey, WrongKeyError } from "./master-key.ts";

/** The master keys of a configuration. */
export interface MasterKeys {
  /** Wraps what is made now. */
  readonly current: MasterKey;
  /** Those of before. */
  readonly previous: readonly MasterKey[];
}

/** Whose content a data key encrypts. */
export type KeyOwner = Pick<WrappedDataKey, "organization" | "team" | "userHash" | "endUserHash">;

/** A data key that can be used. */
export interface OpenDataKey {
  readonly bytes: Uint8Array;
  readonly wrapped: WrappedDataKey;
}

/** As many data keys are remembered, and for how long, in milliseconds. */
const maxKeys = 1_000;
const maxAgeMs = 600_000;
/** How long nothing is asked of a key service that has failed, in milliseconds. */
const pauseMs = 5_000;

/** What data keys are made with. */
export interface DataKeyOptions {
  readonly masters: () => MasterKeys;
  /** Milliseconds since 1970. */
  readonly wallMs: () => number;
}

/**
 * The data keys that a gateway works with. Each is remembered for ten minutes, at most a thousand
 * of each use, so that calls ask a key service seldom, and not at all while it is away.
 */
export class DataKeys {
  readonly #options: DataKeyOptions;
  readonly #made = new ExpiringMap<OpenDataKey>();
  readonly #opened = new ExpiringMap<Uint8Array>();
  #pausedUntilMs = 0;

  constructor(options: DataKeyOptions) {
    this.#options = options;
  }

  /** The key for new content of somebody. Rejects where it cannot be wrapped now. */
  forOwner(owner: KeyOwner): Promise<OpenDataKey> {
    const { masters, wallMs } = this.#options;
    const { current } = masters();
    const { organization, team, userHash, endUserHash } = owner;
    const name = JSON.stringify([current.id, organization, team, userHash, endUserHash]);
    return this.#made.get(name, wallMs(), () => this.make(randomUUID(), owner));
  }

  /** Makes a data key of an id. */
  async make(id: string, owner: KeyOwner): Promise<OpenDataKey> {
    const { masters, wallMs } = this.#options;
    const nowMs = wallMs();
    if (nowMs < this.#pausedUntilMs) throw new Error("the key service did not answer just now");
    const { current } = masters();
    const bytes = randomBytes(32);
    const made = { ...owner, id, masterKey: current.id, createdMs: Math.floor(nowMs) };
    try {
      const wrapped = await current.wrap(bytes, contextOf(made));
      return { bytes, wrapped: { ...made, wrapped: Buffer.from(wrapped).toString("base64") } };
    } catch (error) {
      this.#pausedUntilMs = wallMs() + pauseMs;
      throw error;
    }
  }

  /** Unwraps a data key. Rejects with a WrongKeyError where no master key of the config can. */
  open(key: WrappedDataKey): Promise<Uint8Array> {
    const { wallMs } = this.#options;
    return this.#opened.get(`${key.id} ${key.wrapped}`, wallMs(), () => this.#unwrap(key));
  }

  /** Wraps a data key by the present master key; the key stays the same. */
  async rewrap(key: WrappedDataKey): Promise<Pick<WrappedDataKey, "masterKey" | "wrapped">> {
    const { current } = this.#options.masters();
    const wrapped = await current.wrap(await this.#unwrap(key), contextOf(key));
    return { masterKey: current.id, wrapped: Buffer.from(wrapped).toString("base64") };
  }

  /** Forgets all keys. */
  clear(): void {
    this.#made.clear();
    this.#opened.clear();
  }

  #unwrap(key: WrappedDataKey): Promise<Uint8Array> {
    const { current, previous } = this.#options.masters();
    const master = [current, ...previous].find(({ id }) => id === key.masterKey);
    if (master !== undefined)
      return master.unwrap(Buffer.from(key.wrapped, "base64"), contextOf(key));
    return Promise.reject(
      new WrongKeyError(
        `the master key ${key.masterKey} is not in the config: add it to privacy.previous_master_keys`,
      ),
    );
  }
}

/** What a data key is bound to; as databases keep it. */
function contextOf({ id, team, userHash, endUserHash }: Omit<WrappedDataKey, "wrapped">): string {
  return JSON.stringify(["parlance data key", id, asStored(team), userHash, endUserHash]);
}

/** A text as databases give it back: without NUL and half characters. */
export function asStored(text: string): string {
  return text.toWellFormed().replaceAll("\0", "\uFFFD");
}

/** Values that are made once each, for a while; what cannot be made is made again the next time. */
class ExpiringMap<Value> {
  readonly #values = new Map<
    string,
    { readonly untilMs: number; readonly value: Promise<Value> }
  >();

  get(name: string, nowMs: number, make: () => Promise<Value>): Promise<Value> {
    const known = this.#values.get(name);
    if (known !== undefined && nowMs < known.untilMs) return known.value;
    this.#values.delete(name);
    const value = make();
    const entry = { untilMs: nowMs + maxAgeMs, value };
    this.#values.set(name, entry);
    value.catch(() => {
      if (this.#values.get(name) === entry) this.#values.delete(name);
    });
    for (const oldest of this.#values.keys()) {
      if (this.#values.size <= maxKeys) break;
      this.#values.delete(oldest);
    }
    return value;
  }

  clear(): void {
    this.#values.clear();
  }
}
