import { hash } from "node:crypto";
import { createLocalJWKSet, errors, type JSONWebKeySet, type JWTVerifyGetKey } from "jose";
import { ErrorReason } from "../../gen/parlance/error/v1/error_reason_pb.js";
import type { TokenIssuer } from "../config/token-issuer.ts";
import { GatewayError } from "../core/faults/gateway-error.ts";
import type { Gate } from "../core/net/egress.ts";
import { discover, textMember } from "./discovery.ts";
import { type FetchOptions, failureOf, fetchJson, IssuerFailure } from "./fetch-json.ts";

/** How long the public keys of an issuer are used without a look for newer ones. */
const freshMs = 10 * 60_000;

/** They are fetched no more often, whatever tokens name keys that are not among them. */
const pauseMs = 30_000;

/** How long they are used while the issuer does not answer. */
const staleMs = 24 * 3_600_000;

interface KeySet {
  readonly find: JWTVerifyGetKey;
  readonly fetchedMs: number;
}

/**
 * The public keys of an issuer (RFC 7517). They are fetched when a token needs them first, again
 * after ten minutes or when a token names a key that is not among them (a rotation), at most
 * every 30 seconds, once at a time. Keys that are there are used meanwhile, and for a day where
 * the issuer does not answer, so that its failure stops no call.
 */
export class IssuerKeys {
  readonly #issuer: TokenIssuer;
  readonly #nowMs: () => number;
  #keys: KeySet | undefined;
  #fetching: Promise<KeySet> | undefined;
  #triedMs = Number.NEGATIVE_INFINITY;
  /** Keys that an issuer says are at another host than its own are fetched by it. */
  gate: Gate | undefined;

  constructor(issuer: TokenIssuer, nowMs: () => number) {
    this.#issuer = issuer;
    this.#nowMs = nowMs;
  }

  /** The key that a token names; throws what jose throws, or IDENTITY_PROVIDER_UNAVAILABLE. */
  readonly find: JWTVerifyGetKey = async (header, token) => {
    const keys = await this.#current();
    try {
      return await keys.find(header, token);
    } catch (error) {
      if (!(error instanceof errors.JWKSNoMatchingKey) || this.#paused()) throw error;
      return (await this.#fetch()).find(header, token);
    }
  };

  async #current(): Promise<KeySet> {
    const keys = this.#keys;
    const ageMs = this.#nowMs() - (keys?.fetchedMs ?? Number.NEGATIVE_INFINITY);
    if (keys === undefined || ageMs > staleMs) return this.#fetchUnlessPaused();
    // Nobody waits for newer ones, and a failure leaves these.
    if (ageMs > freshMs && !this.#paused()) this.#fetch().catch(() => undefined);
    return keys;
  }

  #paused(): boolean {
    return this.#fetching === undefined && this.#nowMs() - this.#triedMs < pauseMs;
  }

  #fetchUnlessPaused(): Promise<KeySet> {
    // A first failure is not repeated for each call: an issuer that is down would be flooded.
    if (this.#paused())
      throw unavailable(failureOf(this.#issuer.issuer, "did not answer a moment ago"));
    return this.#fetch();
  }

  #fetch(): Promise<KeySet> {
    this.#fetching ??= this.#load().finally(() => {
      this.#fetching = undefined;
    });
    return this.#fetching;
  }

  async #load(): Promise<KeySet> {
    this.#triedMs = this.#nowMs();
    const found = await fetchKeys(this.#issuer, this.gate).catch((error: unknown) => {
      throw error instanceof IssuerFailure ? unavailable(error) : error;
    });
    this.#keys = { find: createLocalJWKSet(found), fetchedMs: this.#nowMs() };
    return this.#keys;
  }
}

/**
 * Makes what gives the public keys of an issuer: the same for as long as nothing changes of where
 * they come from. For 32 issuers at most, as a config has.
 */
export function createKeyRing(
  nowMs: () => number,
): (issuer: TokenIssuer, gate?: Gate) => IssuerKeys {
  const kept = new Map<string, IssuerKeys>();
  const keysOf = (issuer: TokenIssuer): IssuerKeys => {
    const { issuer: address, jwksUrl, ca, jwksToken } = issuer;
    const name = hash("sha256", JSON.stringify([address, jwksUrl, ca, jwksToken?.reveal()]));
    const found = kept.get(name);
    if (found !== undefined) return found;
    const [oldest] = kept.keys();
    if (kept.size >= maxIssuers && oldest !== undefined) kept.delete(oldest);
    const made = new IssuerKeys(issuer, nowMs);
    kept.set(name, made);
    return made;
  };
  return (issuer, gate) => {
    const keys = keysOf(issuer);
    keys.gate = gate;
    return keys;
  };
}

const maxIssuers = 32;

/** Where the public keys of an issuer are. */
async function discoverKeys(issuer: string, options: FetchOptions): Promise<string> {
  const url = textMember(await discover(issuer, options), "jwks_uri");
  if (url === "") throw failureOf(issuer, "names no jwks_uri");
  return url;
}

/** Throws IssuerFailure. */
async function fetchKeys(
  { issuer, jwksUrl, ca, jwksToken }: TokenIssuer,
  gate: Gate | undefined,
): Promise<JSONWebKeySet> {
  const options = { ca, token: jwksToken?.reveal() };
  const url = jwksUrl ?? (await discoverKeys(issuer, options));
  // An issuer may have its keys at another host, and must not lead into the network of the gateway.
  const isNamed = jwksUrl !== undefined || URL.parse(url)?.host === URL.parse(issuer)?.host;
  const found = await fetchJson(url, isNamed ? options : { ...options, gate });
  if (!isKeySet(found)) throw failureOf(url, "answered with what are no public keys");
  return found;
}

/** Tokens cannot be checked now. */
function unavailable({ message }: IssuerFailure): GatewayError {
  return new GatewayError({
    reason: ErrorReason.IDENTITY_PROVIDER_UNAVAILABLE,
    message: `the token cannot be checked now: ${message}`,
  });
}

function isKeySet(value: unknown): value is JSONWebKeySet {
  if (typeof value !== "object" || value === null || !("keys" in value)) return false;
  return Array.isArray(value.keys) && value.keys.every((key) => typeof key === "object");
}
