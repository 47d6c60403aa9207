import { capture, fill, type NamePattern, parsePattern } from "../names/name-pattern.ts";

/** The claims of a token, as its JSON has them. */
export type Claims = Readonly<Record<string, unknown>>;

/** What a claim must be. */
export interface ClaimTest {
  /** Names of claims, each within the one before. Empty: every token fits. */
  readonly path: readonly string[];
  /** Absent: any text. */
  readonly value?: string | NamePattern;
}

/** Makes the test of a claim and a value, which may have one `*`. Empty: whatever they are. */
export function createClaimTest(claim: string, value: string): ClaimTest {
  const path = claim === "" ? [] : claim.split(".");
  return value === "" ? { path } : { path, value: parsePattern(value) ?? value };
}

/**
 * What the `*` of a test stands for, "" where it has none. Undefined where the claims do not fit.
 */
export function fitsClaims({ path, value }: ClaimTest, claims: Claims): string | undefined {
  if (path.length === 0) return "";
  for (const text of textsOf(claims, path)) {
    if (value === undefined || value === text) return "";
    const captured = typeof value === "string" ? undefined : capture(value, text);
    if (captured !== undefined) return captured;
  }
  return undefined;
}

/** The text of a claim that has one; undefined where it has none, or several. */
export function claimText(claims: Claims, path: readonly string[]): string | undefined {
  const found = claimAt(claims, path);
  return typeof found === "string" && found !== "" ? found : undefined;
}

/** A name with what was captured in the place of its `*`. */
export function filledName(name: string, captured: string): string {
  return captured === "" ? name : fill(name, captured);
}

/** A claim whose own name has dots, such as `https://example.com/groups`, goes before all else. */
function claimAt(claims: Claims, path: readonly string[]): unknown {
  const whole = path.join(".");
  if (Object.hasOwn(claims, whole)) return claims[whole];
  let found: unknown = claims;
  for (const name of path) {
    if (typeof found !== "object" || found === null || !Object.hasOwn(found, name))
      return undefined;
    found = Reflect.get(found, name);
  }
  return found;
}

/** Scopes are one text with spaces between them: RFC 8693, 4.2. */
function textsOf(claims: Claims, path: readonly string[]): readonly string[] {
  const found = claimAt(claims, path);
  if (Array.isArray(found)) return found.filter((one) => typeof one === "string");
  if (typeof found !== "string") return typeof found === "boolean" ? [String(found)] : [];
  const name = path.at(-1);
  return name === "scope" || name === "scp" ? found.split(" ") : [found];
}
