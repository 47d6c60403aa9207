import type { Body } from "../../json/members.ts";
import type { Writable } from "../../json/write.ts";

/**
 * Makes `anyOf` the only member of a schema, as the vendor demands ("When using any_of, it must be
 * the only field set"): what binds goes into each alternative; what describes, and that null may
 * stand, into the first. Gives the binding members that cannot move: an alternative contradicts
 * them, or there are too many to copy. `copies`: how many may be copied. The schema is the caller's
 * own, changed in place.
 */
export function isolateUnion(body: Body, copies: { left: number }): readonly string[] {
  const { anyOf, ...others } = body;
  const alternatives = Array.isArray(anyOf) ? anyOf.filter(isBody) : [];
  const [first] = alternatives;
  const members = Object.entries(others).filter(([, value]) => value !== undefined);
  if (first === undefined || members.length === 0) return [];
  const unmoved: string[] = [];
  for (const [key, value] of members) {
    delete body[key];
    const targets = SAID_ONCE.has(key) ? [first] : alternatives;
    copies.left -= targets.length - 1;
    if (copies.left >= 0 && !targets.some((target) => clashes(target, key, value)))
      for (const target of targets) target[key] ??= value;
    else if (!DESCRIBING.has(key)) unmoved.push(key);
  }
  return [...unmoved, ...alternatives.flatMap((each) => isolateUnion(each, copies))];
}

const DESCRIBING: ReadonlySet<string> = new Set(["title", "description", "default", "example"]);
const SAID_ONCE: ReadonlySet<string> = new Set([...DESCRIBING, "nullable"]);

function clashes(target: Body, key: string, value: Writable): boolean {
  const own = target[key];
  return own !== undefined && JSON.stringify(own) !== JSON.stringify(value);
}

function isBody(value: Writable): value is Body {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
