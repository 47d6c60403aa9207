import { ErrorReason } from "../../../gen/parlance/error/v1/error_reason_pb.js";
import { createAddressList } from "../../config/compile/address-list.ts";
import type { Settings } from "../../config/settings.ts";
import type { Principal } from "../../core/call.ts";
import type { AddressList } from "../../core/caller/address-list.ts";
import { GatewayError } from "../../core/faults/gateway-error.ts";
import { createNameSet, type NameSet } from "../../core/names/name-pattern.ts";
import type { CallerOrigin, StoredKeys } from "../../policies/authenticate.ts";
import type { DirectoryRow } from "../../store/directory/directory-row.ts";
import type { KeyRehash } from "../../store/directory/read-directory.ts";
import { keyedHash, plainHash, plainPrefix } from "./key-value.ts";
import { messageOf } from "./object-messages.ts";
import { signingValues } from "./signing-secrets.ts";
import { type PrincipalSources, principalOfStored } from "./stored-principal.ts";

/** What the keys of the store are known by. */
export interface StoredKeysOptions extends PrincipalSources {
  readonly settings: () => Pick<Settings, "teams" | "storeEncryptionKey">;
  readonly wallMs: () => number;
  /** Whether others write to the same store, so that a key may be there that is not known here. */
  readonly shared: boolean;
}

/** A key of the store with all that a call is judged by. */
interface ReadyKey {
  readonly row: DirectoryRow;
  readonly principal: Principal;
  readonly addresses: AddressList | undefined;
  readonly routes: NameSet | undefined;
  /** Whether what it belongs to is blocked. */
  readonly blocked: boolean;
  readonly epoch: number;
  /** Its value was found by the hash of the value before. */
  readonly previous: boolean;
}

/** Keys that are ready at once, and the longest text that may be a key. */
const maxReady = 20_000;
const maxLength = 1_024;
/** How much later a key must be used again for that to be noted. */
const useMs = 60_000;

/** What is to be written of keys, by their ids, some time after they were used. */
export interface KeyUses {
  /** When they were used. */
  readonly times: Map<string, number>;
  /** Hashes of ours for keys of which the plain SHA-256 alone was known. */
  readonly rehashed: Map<string, KeyRehash>;
}

/** Makes the keys of the store. `uses` gets what is to be written of them. */
export function createStoredKeys(
  options: StoredKeysOptions,
  { times: uses, rehashed }: KeyUses,
): StoredKeys {
  const { directory, wallMs, shared } = options;
  const ready = new Map<string, ReadyKey>();
  const clients = new Map<string, ReadyKey>();
  let clientsEpoch = -1;

  const prepare = (row: DirectoryRow, previous: boolean) => prepareKey(options, row, previous);
  const keep = (presented: string, hash: string, row: DirectoryRow): ReadyKey => {
    const [oldest] = ready.keys();
    if (ready.size >= maxReady && oldest !== undefined) ready.delete(oldest);
    const made = prepare(row, row.previousHash === hash);
    if (row.hash === hash && hash.startsWith(plainPrefix) && rehashed.size < maxReady)
      rehashed.set(row.id, { from: hash, to: keyedHash(presented, directory.secret) });
    ready.set(presented, made);
    return made;
  };
  const admit = (key: ReadyKey, origin: CallerOrigin): Principal => {
    const nowMs = wallMs();
    refuseUnusable(key, nowMs);
    refuseElsewhere(key, origin);
    if (nowMs - (uses.get(key.row.id) ?? key.row.lastUsedMs) >= useMs) uses.set(key.row.id, nowMs);
    return key.principal;
  };
  const refresh = (): void => {
    clients.clear();
    clientsEpoch = directory.epoch;
    for (const row of directory.all("key")) {
      if (!row.settingsJson.includes("clientNames")) continue;
      const key = prepare(row, false);
      for (const name of messageOf("key", row).clientNames) clients.set(name, key);
    }
  };
  return {
    recall(presented, origin) {
      const known = ready.get(presented);
      if (known === undefined) return undefined;
      if (known.epoch === directory.epoch) return admit(known, origin);
      ready.delete(presented);
      return undefined;
    },
    find(presented, origin) {
      if (!directory.isOpen || presented.length > maxLength) return undefined;
      const hashes = [keyedHash(presented, directory.secret), plainHash(presented)];
      for (const hash of hashes) {
        const row = directory.byHash(hash);
        if (row !== undefined) return admit(keep(presented, hash, row), origin);
      }
      if (!shared || directory.isUnknown(hashes[0] ?? "")) return undefined;
      return directory.lookUp(hashes).then((row) => {
        const hash = hashes.find((one) => row?.hash === one || row?.previousHash === one);
        if (row === undefined || hash === undefined) return undefined;
        return admit(keep(presented, hash, row), origin);
      });
    },
    client(name, origin) {
      if (clientsEpoch !== directory.epoch) refresh();
      const key = clients.get(name);
      return key === undefined ? undefined : admit(key, origin);
    },
    signer: createSigners(options, admit),
  };
}

function prepareKey(options: StoredKeysOptions, row: DirectoryRow, previous: boolean): ReadyKey {
  const { allowedIps, routes } = messageOf("key", row);
  return {
    row,
    principal: principalOfStored(options, row),
    addresses: allowedIps.length === 0 ? undefined : createAddressList(allowedIps),
    routes: routes.length === 0 ? undefined : createNameSet(routes),
    blocked: isBlocked(options, row),
    epoch: options.directory.epoch,
    previous,
  };
}

/** Finds the keys that somebody has signed with, by their ids; `admit` judges whether they may. */
function createSigners(
  options: StoredKeysOptions,
  admit: (key: ReadyKey, origin: CallerOrigin) => Principal,
): StoredKeys["signer"] {
  const { directory, settings, wallMs } = options;
  const prepared = new WeakMap<DirectoryRow, ReadyKey>();
  return (id, origin) => {
    const row = directory.get("key", id);
    if (row === undefined) return undefined;
    const known = prepared.get(row);
    const key = known?.epoch === directory.epoch ? known : prepareKey(options, row, false);
    prepared.set(row, key);
    const principal = admit(key, origin);
    const values = signingValues(row, settings().storeEncryptionKey, wallMs());
    return { principal, values, signs: row.sealed !== "" };
  };
}

function isBlocked({ directory }: PrincipalSources, row: DirectoryRow): boolean {
  const above = [
    directory.get("user", row.userId),
    directory.get("team", row.teamId),
    directory.get("organization", row.organizationId),
  ];
  return row.blocked || above.some((one) => one?.blocked === true);
}

function refuseUnusable({ row, blocked, previous }: ReadyKey, nowMs: number): void {
  if (blocked) throw refused(ErrorReason.PERMISSION_DENIED, `key ${row.id} is blocked`);
  if (row.expiresMs !== 0 && row.expiresMs <= nowMs)
    throw refused(ErrorReason.UNAUTHENTICATED, "the API key has expired: use another one");
  if (previous && row.previousUntilMs <= nowMs)
    throw refused(ErrorReason.UNAUTHENTICATED, "the API key has another value now: use that");
}

function refuseElsewhere(
  { row, addresses, routes }: ReadyKey,
  { clientAddress, path }: CallerOrigin,
): void {
  if (addresses !== undefined && clientAddress !== undefined && !addresses(clientAddress))
    throw refused(ErrorReason.PERMISSION_DENIED, `key ${row.id} may not be used from this address`);
  if (routes !== undefined && path !== undefined && !routes.has(path))
    throw refused(ErrorReason.PERMISSION_DENIED, `key ${row.id} may not call this path`);
}

function refused(reason: ErrorReason, message: string): GatewayError {
  return new GatewayError({ reason, message });
}
