import { createHmac } from "node:crypto";
import { decryptBytes, encryptBytes } from "../config/stored/aes-gcm.ts";
import type { SealedContent, WrappedDataKey } from "../core/ledger/sealed-content.ts";
import { asStored, DataKeys, type MasterKeys } from "./data-keys.ts";
import { WrongKeyError } from "./master-key.ts";

/** A call whose content is encrypted. */
export interface SealedCall
  extends Pick<SealedContent, "callId" | "endedMs" | "organization" | "team" | "key"> {
  /** The ids of the user and of the end user; "": not known. */
  readonly user: string;
  readonly endUser: string;
}

/** What a vault acts through. */
export interface VaultOptions {
  readonly masters: MasterKeys;
  /** Milliseconds since 1970. */
  readonly wallMs: () => number;
  /**
   * Keeps a data key for all gateways, unless there is one of its id already; gives the one that
   * there is.
   */
  readonly keepKey: (key: WrappedDataKey) => Promise<WrappedDataKey>;
}

/** The id of the data key that people are hashed with. */
export const peopleKeyId = "people";

const ofNobody = { organization: "", team: "", userHash: "", endUserHash: "" };

/** Encrypts the content of calls and decrypts it, with data keys of its people. */
export class ContentVault {
  readonly #options: VaultOptions;
  readonly #keys: DataKeys;
  #masters: MasterKeys;
  #peopleKey: Promise<Uint8Array> | undefined;

  constructor(options: VaultOptions) {
    this.#options = options;
    this.#masters = options.masters;
    this.#keys = new DataKeys({ wallMs: options.wallMs, masters: () => this.#masters });
  }

  /** Goes on with the master keys of another configuration. */
  configure(masters: MasterKeys): void {
    const same = (one: MasterKeys) => [one.current, ...one.previous].map(({ id }) => id).join("\n");
    if (same(masters) !== same(this.#masters)) this.#peopleKey = undefined;
    this.#masters = masters;
  }

  /** The id of the master key that wraps now. */
  get masterKey(): string {
    return this.#masters.current.id;
  }

  /** Encrypts the content of a call. Rejects where there is no key for it now. */
  async seal(call: SealedCall, content: Uint8Array): Promise<SealedContent> {
    const { user, endUser, ...place } = call;
    const [userHash, endUserHash] = await Promise.all([
      this.hashOf("user", user),
      this.hashOf("end user", endUser),
    ]);
    const { organization, team } = place;
    const key = await this.#keys.forOwner({ organization, team, userHash, endUserHash });
    const sealed = encryptBytes(key.bytes, content, contextOf(place, key.wrapped));
    return { ...place, sealed: sealed.toString("base64"), dataKey: key.wrapped };
  }

  /**
   * Decrypts content. Rejects with a WrongKeyError where it was changed, is that of another call,
   * or its master key is not in the config.
   */
  async open(content: SealedContent): Promise<Uint8Array> {
    const key = await this.#keys.open(content.dataKey);
    const sealed = Buffer.from(content.sealed, "base64");
    const opened = decryptBytes(key, sealed, contextOf(content, content.dataKey));
    if (opened !== undefined) return opened;
    throw new WrongKeyError("the content was changed, or is that of another call");
  }

  /** Wraps a data key by the present master key; content that it encrypts stays as it is. */
  rewrap(key: WrappedDataKey): Promise<Pick<WrappedDataKey, "masterKey" | "wrapped">> {
    return this.#keys.rewrap(key);
  }

  /** The keyed hash of a person's id; "" for "". The same in all gateways of a store. */
  async hashOf(kind: "user" | "end user", id: string): Promise<string> {
    if (id === "") return "";
    this.#peopleKey ??= this.#openPeopleKey();
    const opening = this.#peopleKey;
    opening.catch(() => {
      if (this.#peopleKey === opening) this.#peopleKey = undefined;
    });
    return createHmac("sha256", await opening)
      .update(`${kind}\n${asStored(id)}`)
      .digest("hex");
  }

  /** Forgets the data keys that are in memory. */
  clear(): void {
    this.#keys.clear();
  }

  async #openPeopleKey(): Promise<Uint8Array> {
    const { wrapped } = await this.#keys.make(peopleKeyId, ofNobody);
    return this.#keys.open(await this.#options.keepKey(wrapped));
  }
}

/** What content is bound to: it cannot be put in the place of another call's. */
function contextOf(
  { callId, team }: Pick<SealedContent, "callId" | "team">,
  { id }: Pick<WrappedDataKey, "id">,
): string {
  return JSON.stringify(["parlance content", callId, asStored(team), id]);
}
