import { type FetchOptions, failureOf, fetchJson } from "./fetch-json.ts";

/**
 * Fetches what an issuer says of itself (OpenID Connect Discovery 1.0, section 4); throws
 * IssuerFailure, also for the document of another issuer, whose tokens would be taken for this
 * one's.
 */
export async function discover(issuer: string, options: FetchOptions): Promise<unknown> {
  const url = `${issuer.replace(/\/$/, "")}/.well-known/openid-configuration`;
  const found = await fetchJson(url, options);
  if (textMember(found, "issuer") !== issuer) throw failureOf(url, "describes another issuer");
  return found;
}

/** The text of a member of a value; "" where it has none. */
export function textMember(value: unknown, name: string): string {
  const found = memberOf(value, name);
  return typeof found === "string" ? found : "";
}

/** A member of a value; undefined where it has none. */
export function memberOf(value: unknown, name: string): unknown {
  return typeof value === "object" && value !== null ? Reflect.get(value, name) : undefined;
}
