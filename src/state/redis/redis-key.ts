import { createHash } from "node:crypto";

/** A longer scope or name is written as its hash. */
const maxPart = 128;

/**
 * A key: `prefix:{kind:scope}:name:name`. What stands in the braces says which node of a cluster
 * has it. Parts are escaped, so that no two lists of parts give the same key.
 */
export function redisKey(
  prefix: string,
  kind: string,
  scope: string,
  names: readonly string[],
): string {
  const rest = names.map((name) => `:${escapePart(name)}`).join("");
  return `${prefix}:{${escapePart(kind)}:${escapePart(scope)}}${rest}`;
}

function escapePart(part: string): string {
  if (PLAIN.test(part)) return part;
  if (part.length > maxPart) return `%${createHash("sha256").update(part).digest("base64url")}`;
  return part.replaceAll(/[^\w./@*-]/gu, (character) =>
    Array.from(Buffer.from(character), (byte) => `%${byte.toString(16).padStart(2, "0")}`).join(""),
  );
}

/** What is the same when it is escaped. */
const PLAIN = /^[\w./@*-]{0,128}$/;
