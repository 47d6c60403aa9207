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
    min_len: withNumber(
      (min) => (value) => typeof value === "string" && Math.ceil(value.length / 2) >= min,
    ),
    max_len: withNumber((max) => (value) => typeof value === "string" && value.length <= max),
    max_bytes: withNumber((max) => (value) => typeof value === "string" && fitsBytes(value, max)),
    pattern: patternTest,
    in: withList((list) => (value) => list.includes(value)),
  },
  bytes: {
    min_len: withNumber((min) => (value) => value instanceof Uint8Array && value.byteLength >= min),
    max_len: withNumber((max) => (value) => value instanceof Uint8Array && value.byteLength <= max),
  },
  enum: {
    // Which values are defined stands in the enum; see `definedTest`.
    defined_only: () => () => true,
    // The list is a repeated field of the rules.
    not_in: withList((list) => (value) => !list.includes(value)),
    in: withList((list) => (value) => list.includes(value)),
  },
  repeated: {
    min_items: withNumber((min) => (value) => Array.isArray(value) && value.length >= min),
    max_items: withNumber((max) => (value) => Array.isArray(value) && value.length <= max),
    unique: () => (value) =>
      Array.isArray(value) && value.every(isPlain) && new Set(value).size === value.length,
  },
  map: {
    min_pairs: withNumber((min) => (value) => isObject(value) && Object.keys(value).length >= min),
    max_pairs: withNumber((max) => (value) => isObject(value) && Object.keys(value).length <= max),
  },
  duration: {
    gt: (limit) => (value) => isObject(value) && nanoseconds(value) > nanoseconds(limit),
    gte: (limit) => (value) => isObject(value) && nanoseconds(value) >= nanoseconds(limit),
    lte: (limit) => (value) => isObject(value) && nanoseconds(value) <= nanoseconds(limit),
  },
};

/** Limits of 64 bits are bigints: they are converted once, and not for every value. */
function withNumber(make: (limit: number) => Test): TermTest {
  return (limit) => make(Number(limit));
}

function withList(make: (list: readonly unknown[]) => Test): TermTest {
  return (limit) => make([...(limit as Iterable<unknown>)]);
}

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
