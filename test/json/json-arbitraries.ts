import fc from "fast-check";

/** A member as it stands in a text: the key's and the value's exact source. */
export interface OddMember {
  readonly keyText: string;
  readonly valueText: string;
}

/** JSON whitespace as nobody would write it. */
export const blanks = fc.string({ unit: fc.constantFrom(" ", "\n", "\r", "\t"), maxLength: 3 });

/** String literals with escapes that a serializer would not choose. */
export const stringText = fc
  .array(
    fc.oneof(
      fc.constantFrom(
        '\\"',
        "\\\\",
        "\\/",
        "\\u006d",
        "\\uD83D\\ude00",
        "}",
        "{",
        ",",
        ":",
        "é",
        "usage",
      ),
      fc.constantFrom("a", "b"),
    ),
    {
      maxLength: 5,
    },
  )
  .map((pieces) => `"${pieces.join("")}"`);

const numberText = fc.constantFrom(
  "0",
  "-0",
  "1.0",
  "1e2",
  "9007199254740993",
  "123456789012345678901234567890",
  "-1.50E-7",
);
const scalarText = fc.oneof(numberText, stringText, fc.constantFrom("true", "false", "null"));

/**
 * Keys that often collide with the ones under edit, some spelled with escapes. None holds a
 * backslash itself: the V8 of Node 24.21 (13.6) then misreads an escaped key at the same place of a
 * LATER text, comparing its source with the key it remembers (`{"\\\\":1}` makes `{"\\/":1}` read
 * as a key of one backslash), and JSON.parse is the judge here.
 */
export const keyText: fc.Arbitrary<string> = fc.oneof(
  fc.constantFrom(
    '"model"',
    '"\\u006dodel"',
    '"stream"',
    '"stream_options"',
    '"usage"',
    '"include_usage"',
    '"__proto__"',
    '""',
  ),
  stringText.filter((text) => !text.includes("\\\\")),
);

/** Values at any depth with odd whitespace, duplicate keys, big integers and unicode escapes. */
export const valueText: fc.Arbitrary<string> = fc.letrec<{ value: string }>((tie) => ({
  value: fc.oneof(
    { depthSize: "small", withCrossShrink: true },
    scalarText,
    fc
      .array(fc.tuple(blanks, tie("value"), blanks), { maxLength: 4 })
      .map((items) => `[${items.map((item) => item.join("")).join(",")}]`),
    fc
      .array(fc.tuple(blanks, keyText, blanks, tie("value"), blanks), { maxLength: 4 })
      .map(
        (items) =>
          `{${items.map(([a, key, b, value, c]) => `${a}${key}${b}:${value}${c}`).join(",")}}`,
      ),
  ),
})).value;

/** The text of an object, with the source of its members. */
export const objectText = fc
  .tuple(
    blanks,
    fc.array(fc.tuple(blanks, keyText, blanks, blanks, valueText, blanks), { maxLength: 6 }),
    blanks,
    blanks,
  )
  .map(([before, items, inner, after]) => ({
    text: `${before}{${items.length === 0 ? inner : items.map(([a, key, b, c, value, d]) => `${a}${key}${b}:${c}${value}${d}`).join(",")}}${after}`,
    members: items.map(([, key, , , value]): OddMember => ({ keyText: key, valueText: value })),
  }));
