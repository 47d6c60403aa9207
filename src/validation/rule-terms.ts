import { type DescMessage, isFieldSet, type Message } from "@bufbuild/protobuf";
import { isReflectMessage, reflect } from "@bufbuild/protobuf/reflect";
import type { Duration } from "@bufbuild/protobuf/wkt";

/**
 * True where a value surely is as it must be. False: it may not be. Never throws, whatever the
 * value.
 */
export type Test = (value: unknown) => boolean;

/** The test for what is not understood. */
export const never: Test = () => false;

/** Makes the test for a term of a rule, such as `max_bytes`, out of its limit. */
type TermTest = (limit: unknown) => Test;

/**
 * The terms that are understood, by the kind of rules they stand in. A test may refuse what the
 * rule allows, as long as it never accepts what the rule forbids. What the terms mean:
 * https://protovalidate.com/reference/rules/ (2026-11).
 */
const termTests: Readonly<Record<string, Readonly<Record<string, TermTest>>>> = {
  string: {
    // Counted in code points, of which each is one or two UTF-16 units.
    min_len: (min) => (value) =>
      typeof value === "string" && Math.ceil(value.length / 2) >= Number(min),
    max_len: (max) => (value) => typeof value === "string" && value.length <= Number(max),
    max_bytes: (max) => (value) => typeof value === "string" && fitsBytes(value, Number(max)),
    pattern: patternTest,
    in: (list) => (value) => [...(list as Iterable<unknown>)].includes(value),
  },
  bytes: {
    min_len: (min) => (value) => value instanceof Uint8Array && value.byteLength >= Number(min),
    max_len: (max) => (value) => value instanceof Uint8Array && value.byteLength <= Number(max),
  },
  enum: {
    // Which values are defined stands in the enum; see `definedTest`.
    defined_only: () => () => true,
    // The list is a repeated field of the rules.
    not_in: (list) => (value) => ![...(list as Iterable<unknown>)].includes(value),
    in: (list) => (value) => [...(list as Iterable<unknown>)].includes(value),
  },
  repeated: {
    min_items: (min) => (value) => Array.isArray(value) && value.length >= Number(min),
    max_items: (max) => (value) => Array.isArray(value) && value.length <= Number(max),
    unique: () => (value) =>
      Array.isArray(value) && value.every(isPlain) && new Set(value).size === value.length,
  },
  map: {
    min_pairs: (min) => (value) => isObject(value) && Object.keys(value).length >= Number(min),
    max_pairs: (max) => (value) => isObject(value) && Object.keys(value).length <= Number(max),
  },
  duration: {
    gt: (limit) => (value) => isObject(value) && nanoseconds(value) > nanoseconds(limit),
    gte: (limit) => (value) => isObject(value) && nanoseconds(value) >= nanoseconds(limit),
    lte: (limit) => (value) => isObject(value) && nanoseconds(value) <= nanoseconds(limit),
  },
};

/** The same for every kind of number. */
const numberTests: Readonly<Record<string, TermTest>> = {
  gt: (limit) => (value) => isNumber(value) && isNumber(limit) && value > limit,
  gte: (limit) => (value) => isNumber(value) && isNumber(limit) && value >= limit,
  lt: (limit) => (value) => isNumber(value) && isNumber(limit) && value < limit,
  lte: (limit) => (value) => isNumber(value) && isNumber(limit) && value <= limit,
  finite: () => Number.isFinite,
};

const numberKinds: ReadonlySet<string> = new Set([
  "int32",
  "uint32",
  "int64",
  "uint64",
  "float",
  "double",
]);

/** The test for a term of the rules of a kind; `never` where it is not understood. */
export function termTest(kind: string, term: string, limit: unknown): Test {
  const known = numberKinds.has(kind) ? numberTests : termTests[kind];
  return known?.[term]?.(limit) ?? never;
}

/**
 * The members of a rules message that are set, by their names in the proto file; undefined if it
 * has unknown ones.
 */
export function setTerms(
  desc: DescMessage,
  rules: Message,
): ReadonlyMap<string, unknown> | undefined {
  if ((rules.$unknown?.length ?? 0) > 0) return undefined;
  const reflected = reflect(desc, rules);
  const set = desc.fields.filter((field) => isFieldSet(rules, field));
  return new Map(
    set.map((field) => {
      const value: unknown = reflected.get(field);
      return [field.name, isReflectMessage(value) ? value.message : value];
    }),
  );
}

/** True if every test is passed. */
export function all(tests: readonly Test[]): Test {
  const [one, another] = tests;
  if (one !== undefined && another === undefined) return one;
  return (value) => {
    for (const test of tests) if (!test(value)) return false;
    return true;
  };
}

/** A UTF-16 unit takes at most three bytes of UTF-8. */
function fitsBytes(text: string, max: number): boolean {
  return text.length * 3 <= max || Buffer.byteLength(text) <= max;
}

/**
 * Rules are written for RE2, where `\s` and its like mean ASCII. JavaScript's mean more, so that a
 * pattern with them is understood only where they narrow it: between `[^` and `]`.
 */
function patternTest(pattern: unknown): Test {
  const text = String(pattern);
  if (/\\[a-zA-Z]|\(\?/.test(text.replaceAll(/\[\^[^\]]*\]|\\[tnrx]/g, ""))) return never;
  const expression = new RegExp(text);
  return (value) => typeof value === "string" && expression.test(value);
}

function nanoseconds(value: unknown): bigint {
  const { seconds, nanos } = value as Duration; // rules of durations stand at fields of durations
  return seconds * 1_000_000_000n + BigInt(nanos);
}

/** Whether equal values of the kind are the same in JavaScript: texts and numbers of enums. */
function isPlain(value: unknown): boolean {
  return typeof value === "string" || Number.isInteger(value);
}

function isNumber(value: unknown): value is number | bigint {
  return typeof value === "number" || typeof value === "bigint";
}

function isObject(value: unknown): value is object {
  return typeof value === "object" && value !== null;
}
