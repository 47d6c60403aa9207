import { hash, timingSafeEqual } from "node:crypto";
import { ErrorReason } from "../../gen/parlance/error/v1/error_reason_pb.js";
import type { CallerKey, Settings } from "../config/settings.ts";
import type { Call, Layer, Principal } from "../core/call.ts";
import { type Plan, refusable, type Stage } from "../core/compose.ts";
import { GatewayError } from "../core/gateway-error.ts";

/** Gives the value of a request header by its lower-case name. */
export type HeaderReader = (name: string) => string | undefined;

/** Tells who calls from the request's headers; throws UNAUTHENTICATED. */
export type Authenticator = (header: HeaderReader) => Principal;

interface KnownKey {
  readonly digest: Buffer;
  readonly principal: Principal;
}

const admin: Principal = { name: "admin", admin: true, models: undefined, strict: false };
const anonymous: Principal = { name: "anonymous", admin: true, models: undefined, strict: false };

/** Headers that hold a key, as OpenAI's, Anthropic's, Azure's and Google's clients send it. */
const keyHeaders = ["x-api-key", "api-key", "x-goog-api-key"] as const;

/** The stage of the layer below; its keys are those of the authenticator. */
export function authenticatePolicy(
  _: Settings,
  { authenticator }: { readonly authenticator: Authenticator },
): Stage {
  return {
    name: "authenticate",
    layer: authenticate(authenticator),
    plan: planAuthenticate(authenticator),
  };
}

/**
 * Makes an authenticator: where no key is configured everybody may call as `anonymous`, who is an
 * admin too. Keys are looked up and compared by their SHA-256, in constant time, so that how long
 * an answer takes tells nothing about how near a guess was.
 */
export function createAuthenticator({
  auth,
  keys,
}: Pick<Settings, "auth" | "keys">): Authenticator {
  if (!auth.required) return () => anonymous;
  const known = new Map(keys.map(knownKey));
  if (auth.adminKey !== undefined) {
    const hashed = digest(auth.adminKey.reveal());
    known.set(hashed, { digest: Buffer.from(hashed, "binary"), principal: admin });
  }
  return (header) => {
    const presented = presentedKey(header);
    if (presented === undefined)
      throw unauthenticated("no API key given: send `Authorization: Bearer <key>`");
    const hashed = digest(presented);
    const found = known.get(hashed);
    if (found === undefined || !timingSafeEqual(found.digest, Buffer.from(hashed, "binary")))
      throw unauthenticated("the API key is not known");
    return found.principal;
  };
}

/**
 * Puts the principal on the call, or refuses it. An edge that has authenticated the caller is
 * believed: once is enough.
 */
export function authenticate(authenticator: Authenticator): Layer {
  return (next) => (call) => {
    const { principal } = call;
    const identified = principal ?? authenticator(call.header);
    call.trace.identify(identified.name);
    return next(principal === undefined ? { ...call, principal: identified } : call);
  };
}

/** Who would call, or why nobody may. */
export function planAuthenticate(authenticator: Authenticator): (call: Call) => Plan {
  return (call) =>
    refusable(call, () => ({
      ...call,
      principal: call.principal ?? authenticator(call.header),
    }));
}

/** A key's digest, and what is known by it. */
function knownKey({ settings, value }: CallerKey): readonly [string, KnownKey] {
  const { name, strict = false } = settings;
  const models = settings.models.length === 0 ? undefined : new Set(settings.models);
  const hashed = digest(value.reveal());
  const principal = { name, admin: false, models, strict };
  return [hashed, { digest: Buffer.from(hashed, "binary"), principal }];
}

function presentedKey(header: HeaderReader): string | undefined {
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

function unauthenticated(message: string): GatewayError {
  return new GatewayError({ reason: ErrorReason.UNAUTHENTICATED, message });
}
