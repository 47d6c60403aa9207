import {
  create,
  type DescField,
  type DescMessage,
  type Message,
  ScalarType,
} from "@bufbuild/protobuf";
import fc from "fast-check";

const texts = [
  "fast",
  "fast",
  "a/b",
  "20",
  "",
  "a /b",
  "a\nb",
  "1.5x",
  "x".repeat(65),
  "é".repeat(300),
];
const integers = [1, 1, 2, 0, 128, 129, 65_536, 100_000_001];
const doubles = [1, 0.5, 0, -1, 2.5, Number.NaN, Number.POSITIVE_INFINITY];

/** Messages of any type, good and bad, whose values lie where rules draw their lines. */
export function messageArbitrary<Desc extends DescMessage>(desc: Desc): fc.Arbitrary<Message> {
  return initArbitrary(desc, 0).map((init) =>
    create<DescMessage>(desc, init as Record<string, unknown>),
  );
}

function initArbitrary(desc: DescMessage, depth: number): fc.Arbitrary<unknown> {
  const members = desc.members
    .filter((member) => depth < 4 || (member.kind === "field" && member.message === undefined))
    .map((member): [string, fc.Arbitrary<unknown>] => {
      if (member.kind === "field")
        return [member.localName, sometimes(valueArbitrary(member, depth))];
      const cases = member.fields.map((field) =>
        valueArbitrary(field, depth).map((value) => ({ case: field.localName, value })),
      );
      return [member.localName, fc.option(fc.oneof(...cases), { nil: undefined, freq: 8 })];
    });
  return fc.record(Object.fromEntries(members), { noNullPrototype: true });
}

/** Most knobs are mostly unset, what most messages need is mostly there. */
function sometimes(value: fc.Arbitrary<unknown>): fc.Arbitrary<unknown> {
  return fc.option(value, { nil: undefined, freq: 1 });
}

function valueArbitrary(field: DescField, depth: number): fc.Arbitrary<unknown> {
  const one = fc.nat(1).chain(() => itemArbitrary(field, depth));
  if (field.fieldKind === "list") return fc.array(one, { maxLength: 3 });
  return field.fieldKind === "map"
    ? fc.dictionary(fc.constantFrom(...texts), one, { maxKeys: 3 })
    : one;
}

function itemArbitrary(field: DescField, depth: number): fc.Arbitrary<unknown> {
  if (field.message !== undefined) return initArbitrary(field.message, depth + 1);
  if (field.enum !== undefined) return fc.constantFrom(1, 1, 2, 0, 99);
  switch (field.scalar) {
    case ScalarType.STRING:
      return fc.constantFrom(...texts);
    case ScalarType.BYTES:
      return fc.constantFrom(new Uint8Array(1), new Uint8Array(0), new Uint8Array(70));
    case ScalarType.BOOL:
      return fc.boolean();
    case ScalarType.DOUBLE:
    case ScalarType.FLOAT:
      return fc.constantFrom(...doubles);
    case ScalarType.INT64:
    case ScalarType.UINT64:
      return fc.constantFrom(...integers.map(BigInt), -1n);
    default:
      return fc.constantFrom(...integers);
  }
}
