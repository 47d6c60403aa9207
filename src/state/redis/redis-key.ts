import { createHash } from "node:crypto";

/** A longer scope or name is written as its hash. */
const maxPart = 128;

/**
 * A key: `prefix:{kind:scope}:name:name`. What stands in the braces says which node of a cluster
 * has it. Parts are escaped, so that no two lists of parts give the same key; of bounds and alerts
 * they are hashes, since what is counted apart may be the name of a person.
 */
export function redisKey(
  prefix: string,
  kind: string,
  scope: string,
  names: readonly string[],
): string {
  const print = personal.has(kind) ? hidePart : escapePart;
  const rest = names.map((name) => `:${print(name)}`).join("");
  return `${prefix}:{${escapePart(kind)}:${print(scope)}}${rest}`;
}

/** Kinds of what may be counted by person. */
const personal: ReadonlySet<string> = new Set(["rate", "bounds", "alert"]);

/** A part as it is where it cannot have a name in it. */
function hidePart(part: string): string {
  return /^(all|gateways|period|\d{1,16})$/.test(part) ? part : hashOf(part);
}

function hashOf(part: string): string {
  return `%${createHash("sha256").update(part).digest("base64url")}`;
}

function escapePart(part: string): string {
  if (PLAIN.test(part)) return part;
  if (part.length > maxPart) return hashOf(part);
  return part.replaceAll(/[^\w./@*-]/gu, (character) =>
    Array.from(Buffer.from(character), (byte) => `%${byte.toString(16).padStart(2, "0")}`).join(""),
  );
}

/** What is the same when it is escaped. */
const PLAIN = /^[\w./@*-]{0,128}$/;
