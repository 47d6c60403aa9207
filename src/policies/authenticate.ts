import { hash, timingSafeEqual } from "node:crypto";
import { Priority } from "../../gen/parlance/config/v1/queue_pb.js";
import { ErrorReason } from "../../gen/parlance/error/v1/error_reason_pb.js";
import type { SecretValue } from "../config/secret-value.ts";
import type { CallerKey, Settings } from "../config/settings.ts";
import type { Call, Layer, Principal, Reply } from "../core/call.ts";
import { userOf } from "../core/caller/caller-unit.ts";
import { type FindEndUser, maxEndUserName } from "../core/caller/end-user.ts";
import { priorityNumbers } from "../core/caller/priority-of.ts";
import { createTenant } from "../core/caller/tenant.ts";
import type { Plan, Stage } from "../core/compose.ts";
import { GatewayError } from "../core/faults/gateway-error.ts";
import { createNameSet } from "../core/names/name-pattern.ts";
import { present } from "./rules/change-parameters.ts";

/** Gives the value of a request header by its lower-case name. */
export type HeaderReader = (name: string) => string | undefined;

/**
 * Identifies the caller from the request's headers, or from the names in its certificate where it
 * sends no key; throws UNAUTHENTICATED. A promise only where somebody else must say who has the
 * key, which is remembered: it rejects with the same.
 */
export type Authenticator = (
  header: HeaderReader,
  clientNames?: readonly string[],
  origin?: CallerOrigin,
) => Principal | Promise<Principal>;

/** Where a request comes from and what it is for. Absent: it comes from this process. */
export interface CallerOrigin {
  readonly clientAddress?: string;
  readonly path?: string;
}

/** The keys of the store. What they give is judged for this request; they throw refusals. */
export interface StoredKeys {
  /** Who has a key that was found before; undefined: it was not, or keys have changed. */
  readonly recall: (presented: string, origin: CallerOrigin) => Principal | undefined;
  /** Who has a key; undefined for nobody. A promise where the store must say so. */
  readonly find: (
    presented: string,
    origin: CallerOrigin,
  ) => Principal | undefined | Promise<Principal | undefined>;
  /** Who is known by a name of a client's certificate; undefined for nobody. */
  readonly client: (name: string, origin: CallerOrigin) => Principal | undefined;
  /** The key that has an id, for whoever signs with it; undefined for none. */
  readonly signer: (id: string, origin: CallerOrigin) => StoredSigner | undefined;
}

/** A key of the store that somebody says they have signed with. */
export interface StoredSigner {
  readonly principal: Principal;
  /** The values that it may have been signed with; empty: none is known. */
  readonly values: readonly string[];
  /** Whether it was made to sign. */
  readonly signs: boolean;
}

/**
 * Makes what says who sent a token of an issuer, who may call as one of the keys; undefined for
 * what is no token.
 */
export type ReadTokens = (
  principalOfKey: (name: string) => Principal | undefined,
) => (token: string) => Principal | Promise<Principal> | undefined;

const noTokens: ReadTokens = () => () => undefined;

interface KnownKey {
  readonly secret: string;
  readonly digest: Buffer;
  readonly principal: () => Principal;
}

const admin: Principal = { name: "admin", admin: true, models: undefined, strict: false };
/** Everybody, where no key is configured. */
export const anonymous: Principal = {
  name: "anonymous",
  admin: true,
  models: undefined,
  strict: false,
};

/** Headers that hold a key, as Anthropic's, Azure's and Google's clients send it. */
const keyHeaders = ["x-api-key", "api-key", "x-goog-api-key", "ocp-apim-subscription-key"] as const;

/**
 * LiteLLM's own header for a key, which goes before `authorization`: its clients send that of a
 * vendor there (https://docs.litellm.ai/docs/proxy/virtual_keys, 2026-11).
 */
const litellmKeyHeader = "x-litellm-api-key";

/** The stage of the layer below; its keys are those of the authenticator. */
export function authenticatePolicy(
  _: Settings,
  { authenticator, endUser }: AuthenticateWorld,
): Stage {
  return {
    name: "authenticate",
    layer: authenticate(authenticator, endUser),
    plan: planAuthenticate(authenticator, endUser),
  };
}

/** What the layer acts through. */
export interface AuthenticateWorld {
  readonly authenticator: Authenticator;
  /** Finds end users that have bounds. Undefined: there are none now. */
  readonly endUser: () => FindEndUser | undefined;
}

const noEndUsers = () => undefined;

/** The call with whom it is for, where that end user has bounds; throws where it is blocked. */
function forEndUser(call: Call, endUsers: AuthenticateWorld["endUser"]): Call {
  const find = endUsers();
  const name = find === undefined ? undefined : userOf(call);
  const endUser = name === undefined ? undefined : find?.(name.slice(0, maxEndUserName));
  if (endUser === undefined) return call;
  if (!endUser.blocked) return { ...call, endUser };
  const message = `the end user ${endUser.id} is blocked`;
  throw new GatewayError({ reason: ErrorReason.PERMISSION_DENIED, message });
}

/**
 * Makes an authenticator: where no key is configured everybody may call as `anonymous`, who is an
 * admin too. Keys are looked up and compared by their SHA-256, in constant time, so that the time
 * of an answer shows nothing about how near a guess was. A key that was found so is remembered as
 * it is configured, for a hash costs a call more than all else here: none but known keys are
 * remembered, each once, so callers cannot fill memory, and a reload makes another authenticator. A
 * guess is compared with a remembered key only where V8's own hashes of the two, which are seeded
 * by chance, are equal.
 */
export function createAuthenticator(
  { auth, keys, teams }: Pick<Settings, "auth" | "keys" | "teams">,
  tokens: ReadTokens = noTokens,
  stored?: StoredKeys,
): Authenticator {
  if (!auth.required) return openAuthenticator(stored);
  const known = new Map<string, KnownKey>();
  const clients = new Map<string, () => Principal>();
  const named = new Map<string, () => Principal>();
  for (const key of keys) {
    const { settings, value } = key;
    // Made when it first calls: a config may have ten thousand, of which few call.
    const principal = once(() => principalOf(key, teams));
    named.set(settings.name, principal);
    for (const name of settings.clientNames) clients.set(name, principal);
    if (value === undefined) continue;
    const [hashed, ready] = knownKey(value, principal);
    known.set(hashed, ready);
  }
  if (auth.adminKey !== undefined) {
    const [hashed, key] = knownKey(auth.adminKey, () => admin);
    known.set(hashed, key);
  }
  const verified = new Map<string, Principal>();
  const readToken = tokens((name) => named.get(name)?.());
  return (header, clientNames = [], origin = inProcess) => {
    const presented = presentedKey(header);
    if (presented === undefined)
      return fromHere(clientOf(clients, clientNames, stored, origin), origin);
    const remembered = verified.get(presented) ?? stored?.recall(presented, origin);
    if (remembered !== undefined) return fromHere(remembered, origin);
    const sender = readToken(presented);
    if (sender !== undefined) return sender;
    const hashed = digest(presented);
    const found = known.get(hashed);
    if (found === undefined || !timingSafeEqual(found.digest, Buffer.from(hashed, "binary")))
      return knownOrRefused(stored?.find(presented, origin));
    // Not as it was presented: that text may be part of a long header.
    const principal = found.principal();
    verified.set(found.secret, principal);
    return fromHere(principal, origin);
  };
}

const inProcess: CallerOrigin = {};

/**
 * The principal, where it may call from where it does; else throws PERMISSION_DENIED. Those of the
 * store were judged there.
 */
export function fromHere(principal: Principal, { clientAddress }: CallerOrigin): Principal {
  const { addresses } = principal;
  if (addresses === undefined || clientAddress === undefined || addresses(clientAddress))
    return principal;
  const message = `key ${principal.name} may not be used from this address`;
  throw new GatewayError({ reason: ErrorReason.PERMISSION_DENIED, message });
}

/** Where no key is needed, a key of the store says who calls none the less. */
function openAuthenticator(stored: StoredKeys | undefined): Authenticator {
  if (stored === undefined) return () => anonymous;
  return (header, _, origin = inProcess) => {
    const presented = presentedKey(header);
    if (presented === undefined) return anonymous;
    const found = stored.recall(presented, origin) ?? stored.find(presented, origin);
    return found instanceof Promise
      ? found.then((principal) => principal ?? anonymous)
      : (found ?? anonymous);
  };
}

function knownOrRefused(
  found: Principal | undefined | Promise<Principal | undefined>,
): Principal | Promise<Principal> {
  if (found instanceof Promise) return found.then(knownOrRefused);
  if (found === undefined) throw unauthenticated("the API key is not known");
  return found;
}

function clientOf(
  clients: ReadonlyMap<string, () => Principal>,
  names: readonly string[],
  stored: StoredKeys | undefined,
  origin: CallerOrigin,
): Principal {
  for (const name of names) {
    const principal = clients.get(name)?.() ?? stored?.client(name, origin);
    if (principal !== undefined) return principal;
  }
  const unknown =
    names.length === 0 ? "" : ` (no key has the name ${names[0]} of the client's certificate)`;
  throw unauthenticated(`no API key given${unknown}: send \`Authorization: Bearer <key>\``);
}

/**
 * Puts the principal on the call, or refuses it. An edge that has authenticated the caller is
 * believed: once is enough.
 */
export function authenticate(
  authenticator: Authenticator,
  endUser: AuthenticateWorld["endUser"] = noEndUsers,
): Layer {
  return (next) => {
    const go = (call: Call, principal: Principal): Promise<Reply> => {
      call.trace.identify(principal.name, principal);
      const known = call.principal === undefined ? { ...call, principal } : call;
      return next(forEndUser(known, endUser));
    };
    return (call) => {
      const found = call.principal ?? authenticator(call.header);
      return found instanceof Promise
        ? found.then((principal) => go(call, principal))
        : go(call, found);
    };
  };
}

/** Who would call, or why nobody may. */
export function planAuthenticate(
  authenticator: Authenticator,
  endUser: AuthenticateWorld["endUser"],
): (call: Call) => Promise<Plan> {
  return async (call) => {
    try {
      const principal = await (call.principal ?? authenticator(call.header));
      return { call: forEndUser({ ...call, principal }, endUser), report: [] };
    } catch (error) {
      if (!(error instanceof GatewayError)) throw error;
      return { call, report: [], refusal: error };
    }
  };
}

function once<T>(make: () => T): () => T {
  let made: { readonly value: T } | undefined;
  return () => {
    made ??= { value: make() };
    return made.value;
  };
}

/** A key's digest, and what is known by it. */
function knownKey(value: SecretValue, principal: () => Principal): readonly [string, KnownKey] {
  const secret = value.reveal();
  const hashed = digest(secret);
  return [hashed, { secret, digest: Buffer.from(hashed, "binary"), principal }];
}

/** Who calls with a key. */
export function principalOf(
  { settings, addresses }: CallerKey,
  teams: Settings["teams"],
): Principal {
  const { name, team, models, strict = false, targets, modelAliases, labels } = settings;
  const { queueWeight, priority, tags, guards, optionalGuards } = settings;
  const ofTeam = teams.get(team);
  const tenants = [createTenant("key", settings), ...(ofTeam === undefined ? [] : [ofTeam])];
  return {
    name,
    ...(team === "" ? undefined : { team }),
    tenants,
    ...(tags.length === 0 ? undefined : { tags }),
    admin: false,
    models: models.length === 0 ? undefined : createNameSet(models),
    ...(targets.length === 0 ? undefined : { targets: createNameSet(targets) }),
    ...(isEmpty(modelAliases) ? undefined : { aliases: new Map(Object.entries(modelAliases)) }),
    ...(isEmpty(labels) ? undefined : { labels: { ...labels } }),
    ...(addresses === undefined ? undefined : { addresses }),
    ...(settings.defaultParameters && { defaults: present(settings.defaultParameters) }),
    ...(queueWeight === undefined ? undefined : { queueWeight }),
    ...(priority === Priority.UNSPECIFIED ? undefined : { priority: priorityNumbers[priority] }),
    strict,
    ...(guards.length === 0 ? undefined : { guards }),
    ...(optionalGuards.length === 0 ? undefined : { optionalGuards: new Set(optionalGuards) }),
  };
}

function isEmpty(map: Readonly<Record<string, string>>): boolean {
  return Object.keys(map).length === 0;
}

/** The key that a request shows; undefined where it shows none. */
export function presentedKey(header: HeaderReader): string | undefined {
  const own = header(litellmKeyHeader)
    ?.replace(/^bearer +/i, "")
    .trim();
  if (own !== undefined && own !== "") return own;
  const authorization = header("authorization");
  if (authorization !== undefined) {
    const match = /^bearer +(\S+)\s*$/i.exec(authorization);
    if (match?.[1] !== undefined) return match[1];
  }
  for (const name of keyHeaders) {
    const value = header(name);
    if (value !== undefined && value !== "") return value.trim();
  }
  return undefined;
}

/** One character for each byte: making a string is a third of the cost of making a buffer. */
function digest(secret: string): string {
  return hash("sha256", secret, "binary");
}

/** The refusal of a caller. */
export function unauthenticated(message: string): GatewayError {
  return new GatewayError({ reason: ErrorReason.UNAUTHENTICATED, message });
}
