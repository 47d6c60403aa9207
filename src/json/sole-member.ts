import { type JsonMember, rootStart, scanMember, skipBlanks } from "./scan.ts";
import { closesRoot, memberAt } from "./tail.ts";

/** How far from either end of a text a member is looked for. */
const NEAR_BYTES = 2048;

/**
 * Finds by native searches the members of a root object with certain keys, each of which it has
 * once or not at all, without a walk over its large values. Undefined where that cannot be proved
 * so: only a walk can tell. The text is known to be a JSON object, and the keys are made of
 * letters, digits and `_`, which JSON spells as they are or as `\u00XX`.
 */
export function findSole(
  bytes: Buffer,
  keys: readonly string[],
): readonly JsonMember[] | undefined {
  // The shortest text that every such escape holds, and one that words rarely do.
  if (bytes.includes("u00", 0, "latin1")) return undefined;
  const members: JsonMember[] = [];
  for (const key of keys) {
    const needle = `"${key}"`;
    const last = bytes.lastIndexOf(needle, bytes.length, "latin1");
    if (last === -1) continue;
    const member =
      last < NEAR_BYTES
        ? memberNearStart(bytes, key, last)
        : bytes.length - last < NEAR_BYTES && bytes.indexOf(needle, 0, "latin1") === last
          ? memberNearEnd(bytes, key, last)
          : undefined;
    if (member === undefined) return undefined;
    members.push(member);
  }
  return members;
}

/** The key is not spelled past `last`, so it is enough to see the members up to there. */
function memberNearStart(bytes: Buffer, key: string, last: number): JsonMember | undefined {
  let at = skipBlanks(bytes, skipBlanks(bytes, rootStart(bytes)) + 1);
  while (at <= last) {
    const member = scanMember(bytes, at);
    if (member === undefined || member.key === key)
      return member?.keyStart === last ? member : undefined;
    at = skipBlanks(bytes, skipBlanks(bytes, member.valueEnd) + 1);
  }
  return undefined;
}

/** The key is spelled nowhere else, so it is enough that what follows it closes the root. */
function memberNearEnd(bytes: Buffer, key: string, last: number): JsonMember | undefined {
  const member = memberAt(bytes, key, last);
  return member !== undefined && closesRoot(bytes, member.valueEnd) ? member : undefined;
}
