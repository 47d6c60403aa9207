import type { JsonObject } from "../../../json/json.ts";
import { printMembers, rawMembers } from "../wire.ts";

/**
 * The members of an object that are not known, as the text of a JSON object made of their exact
 * texts; undefined when there are none. `source` gives the object's own text, which is only read
 * where it is needed; of duplicate keys the last counts. Null members are left out: null means "not
 * set".
 */
export function unknownMembers(
  json: JsonObject,
  source: () => Uint8Array | undefined,
  known: ReadonlySet<string>,
): string | undefined {
  let found = false;
  for (const key of Object.keys(json)) {
    if (!known.has(key) && json[key] !== null) found = true;
  }
  const text = found ? source() : undefined;
  if (text === undefined) return undefined;
  const members = new Map<string, string>();
  for (const { key, text: value } of rawMembers(text) ?? []) {
    if (!known.has(key) && value !== "null") members.set(key, value);
  }
  return printMembers(Array.from(members, ([key, value]) => ({ key, text: value })));
}
