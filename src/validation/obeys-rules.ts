import {
  type DescField,
  type DescMessage,
  type DescOneof,
  getOption,
  hasOption,
  type Message,
} from "@bufbuild/protobuf";
import { FeatureSet_FieldPresence } from "@bufbuild/protobuf/wkt";
import {
  type FieldRules,
  FieldRulesSchema,
  field as fieldRules,
  message as messageRules,
  oneof as oneofRules,
} from "@bufbuild/protovalidate/gen/buf/validate/validate_pb.js";
import { all, never, setTerms, type Test, termTest } from "./rule-terms.ts";

/**
 * Makes a quick test for messages: true means that protovalidate would accept the message, false
 * that protovalidate must decide. The rules come from the descriptors; a rule that is not
 * understood makes every message that it concerns unsure. Each type is compiled when a message of
 * it is first seen.
 */
export function createObeysRules(): (schema: DescMessage, message: Message) => boolean {
  const compiled = new Map<DescMessage, Test>();
  const testOf = (desc: DescMessage): Test => {
    const known = compiled.get(desc);
    if (known !== undefined) return known;
    const test = compileMessage(desc, testOf);
    compiled.set(desc, test);
    return test;
  };
  return (schema, message) => message.$typeName === schema.typeName && testOf(schema)(message);
}

type TestOf = (desc: DescMessage) => Test;

function compileMessage(desc: DescMessage, testOf: TestOf): Test {
  if (hasOption(desc, messageRules)) return never;
  const tests = desc.members.flatMap((member) =>
    member.kind === "oneof" ? compileOneof(member, testOf) : compileField(member, testOf),
  );
  return all(tests);
}

function compileOneof(oneof: DescOneof, testOf: TestOf): readonly Test[] {
  const required = hasOption(oneof, oneofRules) && getOption(oneof, oneofRules).required;
  const cases = new Map<unknown, Test>();
  for (const field of oneof.fields) cases.set(field.localName, all(compileValue(field, testOf)));
  const name = oneof.localName;
  return [
    (message) => {
      const chosen = (message as Members<{ case?: string; value?: unknown }>)[name];
      if (chosen?.case === undefined) return !required;
      return cases.get(chosen.case)?.(chosen.value) ?? false;
    },
  ];
}

/** A message as it is read here: by the names of its members. */
type Members<Value> = Readonly<Record<string, Value | undefined>>;

function compileField(field: DescField, testOf: TestOf): readonly Test[] {
  const tests = compileValue(field, testOf);
  const required = hasOption(field, fieldRules) && getOption(field, fieldRules).required;
  // Whether one without presence is set is a question of its value.
  const tracked = field.presence !== FeatureSet_FieldPresence.IMPLICIT;
  if (required && !tracked) return [never];
  if (!required && tests.length === 0) return [];
  const name = field.localName;
  const test = all(tests);
  return [
    (message) => {
      const value = (message as Members<unknown>)[name];
      return value === undefined ? tracked && !required : test(value);
    },
  ];
}

/** What the value of a field must be, where it is set. */
function compileValue(field: DescField, testOf: TestOf): readonly Test[] {
  const tests: Test[] = hasOption(field, fieldRules)
    ? [...compileRules(getOption(field, fieldRules))]
    : [];
  const definedOnly = tests.length > 0 && field.enum !== undefined;
  if (definedOnly) tests.push(definedTest(field));
  if (field.message === undefined || hasNoRules(field.message)) return tests;
  const nested = later(field.message, testOf);
  if (field.fieldKind === "message") tests.push(nested);
  else if (field.fieldKind === "list") tests.push(each(nested));
  else tests.push((value) => each(nested)(Object.values(Object(value))));
  return tests;
}

/** The rules of a value; `never` among them for what is not understood. */
function compileRules(rules: FieldRules): readonly Test[] {
  const desc = FieldRulesSchema;
  const { case: kind, value } = rules.type;
  const set = setTerms(desc, rules);
  if (set === undefined) return [never];
  for (const name of set.keys()) if (name !== "required" && name !== kind) return [never];
  const kindDesc = kind === undefined ? undefined : desc.field[kind].message;
  if (kind === undefined || kindDesc === undefined) return [];
  const terms = setTerms(kindDesc, value);
  return terms === undefined
    ? [never]
    : [...terms].map(([term, limit]) => compileTerm(kind, term, limit));
}

function compileTerm(kind: string, term: string, limit: unknown): Test {
  // The rules of items, keys and values are rules of fields.
  const inner = () => all(compileRules(limit as FieldRules));
  switch (`${kind}.${term}`) {
    case "repeated.items":
      return each(inner());
    case "map.keys": {
      const test = each(inner());
      return (value) => test(Object.keys(Object(value)));
    }
    case "map.values": {
      const test = each(inner());
      return (value) => test(Object.values(Object(value)));
    }
    default:
      return termTest(kind, term, limit);
  }
}

/** Stricter than `defined_only`, which a rule may leave out. */
function definedTest(field: DescField): Test {
  const defined = new Set<unknown>(field.enum?.values.map((value) => value.number));
  const test: Test = (value) => defined.has(value);
  return field.fieldKind === "enum" ? test : (value) => each(test)(Object.values(Object(value)));
}

function each(test: Test): Test {
  return (values) => {
    if (!Array.isArray(values)) return false;
    for (const value of values) if (!test(value)) return false;
    return true;
  };
}

/** Types may hold themselves, and most are never met. */
function later(desc: DescMessage, testOf: TestOf): Test {
  let test: Test | undefined;
  return (value) => {
    test ??= testOf(desc);
    return test(value);
  };
}

/** Google's own types carry no rules, and some of them are no messages in JavaScript. */
function hasNoRules(desc: DescMessage): boolean {
  return desc.typeName.startsWith("google.protobuf.");
}
