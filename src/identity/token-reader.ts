import { hash } from "node:crypto";
import { errors, jwtVerify } from "jose";
import { Role } from "../../gen/parlance/access/v1/access_pb.js";
import { ErrorReason } from "../../gen/parlance/error/v1/error_reason_pb.js";
import type { TokenIssuer, TokenMapping } from "../config/token-issuer.ts";
import type { Principal } from "../core/call.ts";
import type { Grant } from "../core/caller/caller-access.ts";
import { type Claims, claimText, filledName, fitsClaims } from "../core/caller/claims.ts";
import type { Tenant } from "../core/caller/tenant.ts";
import { GatewayError } from "../core/faults/gateway-error.ts";
import { isObject, parseJson, stringAt } from "../json/json.ts";
import type { IssuerKeys } from "./issuer-keys.ts";

/** What tokens are read with. */
export interface TokenWorld {
  readonly issuers: readonly TokenIssuer[];
  /** Milliseconds since 1970. */
  readonly wallMs: () => number;
  /** Who calls with a key of this name; undefined where there is none. */
  readonly principalOfKey: (name: string) => Principal | undefined;
  /** The team of this name; undefined where it is of free choice. */
  readonly teamOf: (name: string) => Tenant | undefined;
  /** The public keys of an issuer, which outlive a reload. */
  readonly keysOf: (issuer: TokenIssuer) => IssuerKeys;
}

/**
 * Says who sent a token. Undefined: it is no token of a configured issuer, and may be a key. At
 * once where the token was read before; else a promise, which rejects with UNAUTHENTICATED,
 * PERMISSION_DENIED or IDENTITY_PROVIDER_UNAVAILABLE.
 */
export type TokenReader = (token: string) => Principal | Promise<Principal> | undefined;

/** Those with a secret, which the gateway does not have, and `none` are not taken. */
const algorithms = [
  ...["RS256", "RS384", "RS512", "PS256", "PS384", "PS512"],
  ...["ES256", "ES384", "ES512", "EdDSA", "Ed25519"],
];

/** Tokens are no longer, in characters. */
const maxTokenLength = 16_384;

/** Callers that are remembered at most; the first make room. */
const maxRemembered = 10_000;

/** A caller whose token was good. */
interface Remembered {
  readonly caller: Caller;
  /** Until when the token holds, in milliseconds since 1970. */
  readonly untilMs: number;
  /** What was made of the caller last, and of which key or team. */
  principal?: Principal;
  basis?: Principal | Tenant | undefined;
}

/** Who a token says that its sender is. */
interface Caller {
  /** With the name of the issuer. */
  readonly user: string;
  readonly mapping: TokenMapping;
  /** Filled in. "": none. */
  readonly key: string;
  readonly team: string;
}

/** Makes the reader of the tokens of issuers. */
export function createTokenReader(world: TokenWorld): TokenReader {
  const { wallMs, keysOf } = world;
  const issuers = new Map(world.issuers.map((issuer) => [issuer.issuer, issuer]));
  const remembered = new Map<string, Remembered>();
  return (token) => {
    const digest = hash("sha256", token, "base64");
    const known = remembered.get(digest);
    if (known !== undefined && wallMs() < known.untilMs) return principalOf(known, world);
    remembered.delete(digest);
    const named = issuerOf(token);
    const issuer = named === undefined ? undefined : issuers.get(named);
    if (issuer === undefined) return undefined;
    return verify(token, issuer, { keys: keysOf(issuer), nowMs: wallMs() }).then((one) => {
      const [oldest] = remembered.keys();
      if (remembered.size >= maxRemembered && oldest !== undefined) remembered.delete(oldest);
      remembered.set(digest, one);
      return principalOf(one, world);
    });
  };
}

async function verify(
  token: string,
  issuer: TokenIssuer,
  { keys, nowMs }: { readonly keys: IssuerKeys; readonly nowMs: number },
): Promise<Remembered> {
  const { payload } = await jwtVerify(token, keys.find, {
    issuer: issuer.issuer,
    audience: [...issuer.audiences],
    algorithms,
    clockTolerance: issuer.clockSkewMs / 1000,
    requiredClaims: ["exp"],
    currentDate: new Date(nowMs),
  }).catch((error: unknown) => {
    throw refusalOf(error, issuer);
  });
  const untilMs = (payload.exp ?? 0) * 1000 + issuer.clockSkewMs;
  return { caller: callerOf(payload, issuer), untilMs };
}

/** Says why a token is not good, without what it holds. */
function refusalOf(error: unknown, { name }: TokenIssuer): GatewayError {
  if (error instanceof GatewayError) return error;
  const why = error instanceof errors.JOSEError ? wordsOf(error) : "is not valid";
  return unauthenticated(`the token of ${name} ${why}`);
}

function wordsOf(error: errors.JOSEError): string {
  if (error instanceof errors.JWTExpired) return "has expired: sign in again";
  if (error instanceof errors.JWTClaimValidationFailed) {
    if (error.claim === "aud") return "is for another audience";
    if (error.claim === "nbf") return "is not valid yet";
    return `has no good \`${error.claim}\``;
  }
  if (error instanceof errors.JWKSNoMatchingKey) return "is signed with a key that is not known";
  if (error instanceof errors.JOSEAlgNotAllowed) return "is signed in a way that is not taken";
  return "is not valid";
}

/** Who has these claims: the first mapping that fits says so. */
function callerOf(claims: Claims, { name, userClaim, mappings }: TokenIssuer): Caller {
  const id = claimText(claims, userClaim);
  if (id === undefined)
    throw unauthenticated(`the token of ${name} has no \`${userClaim.join(".")}\``);
  const user = `${name}/${id}`;
  for (const mapping of mappings) {
    const captured = fitsClaims(mapping.test, claims);
    if (captured === undefined) continue;
    const [key, team] = [mapping.key, mapping.team].map((text) => filledName(text, captured));
    return { user, mapping, key: key ?? "", team: team ?? "" };
  }
  throw denied(`no mapping of the issuer ${name} fits the claims of ${user}`);
}

/** The principal of a caller, made anew only where its key or team has changed. */
function principalOf(one: Remembered, { principalOfKey, teamOf }: TokenWorld): Principal {
  const { key, team, user } = one.caller;
  const basis = key === "" ? teamOf(team) : principalOfKey(key);
  if (one.principal !== undefined && one.basis === basis) return one.principal;
  const tenant: Tenant = { kind: "user", id: user, name: user, budgets: [] };
  const principal =
    basis !== undefined && "admin" in basis
      ? withUser(basis, tenant, one.caller.mapping)
      : withoutKey(one.caller, tenant, basis);
  one.principal = principal;
  one.basis = basis;
  return principal;
}

function withUser(basis: Principal, user: Tenant, { admin }: TokenMapping): Principal {
  return {
    ...basis,
    admin: basis.admin || admin,
    tenants: [user, ...(basis.tenants ?? [])],
  };
}

function withoutKey(
  { user, key, team, mapping: { admin, models, role } }: Caller,
  tenant: Tenant,
  ofTeam: Tenant | undefined,
): Principal {
  if (key !== "") throw denied(`${user} calls as the key ${key}, which is not there`);
  return {
    name: user,
    ...(team === "" ? undefined : { team }),
    tenants: [tenant, ...(ofTeam === undefined ? [] : [ofTeam])],
    admin,
    models,
    strict: false,
    ...(role === Role.UNSPECIFIED
      ? undefined
      : { access: { grants: [grantOf(role, ofTeam?.id ?? team)], keyId: user, userId: "" } }),
  };
}

function grantOf(role: Role, teamId: string): Grant {
  return teamId === "" ? { role } : { role, teamId };
}

/** The issuer that a text names, if it is a token; nothing of it is believed yet. */
function issuerOf(token: string): string | undefined {
  if (token.length > maxTokenLength || !token.startsWith("ey")) return undefined;
  const [, payload, signature, ...rest] = token.split(".", 4);
  if (payload === undefined || signature === undefined || rest.length > 0) return undefined;
  const claims = parseJson(Buffer.from(payload, "base64url"));
  return claims.ok && isObject(claims.value) ? stringAt(claims.value, "iss") : undefined;
}

function unauthenticated(message: string): GatewayError {
  return new GatewayError({ reason: ErrorReason.UNAUTHENTICATED, message });
}

function denied(message: string): GatewayError {
  return new GatewayError({ reason: ErrorReason.PERMISSION_DENIED, message });
}
