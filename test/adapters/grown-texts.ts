/** A text that grows, and what is told of it in a title. */
export type GrownText = readonly [kind: string, textOf: (size: number) => string];

/**
 * Texts that expressions and searches may take long for, addresses and data URLs that nearly are
 * ones among them.
 */
export const grownTexts: readonly GrownText[] = [
  [" of letters", (size) => "a".repeat(size * 16)],
  [" of blanks", (size) => `a${" ".repeat(size * 16)}a`],
  [" of extensions", (size) => `https://a.example/a${".png?".repeat(size * 3)}\n\n`],
  [" of parameters", (size) => `data:${";a".repeat(size * 8)},a`],
  [" of brackets", (size) => '["<('.repeat(size * 4)],
];

/** So many things, each made of its place. */
export const list = <T>(size: number, make: (at: number) => T): T[] =>
  Array.from({ length: size }, (_, at) => make(at));
const object = (size: number, make: (at: number) => unknown): Readonly<Record<string, unknown>> =>
  Object.fromEntries(list(size, (at) => [`key_${at}`, make(at)]));

/** JSON texts of many members, of the same member, of long texts, and what is not JSON at all. */
export const grownJson: readonly GrownText[] = [
  [" of members", (size) => JSON.stringify(object(size, (at) => ({ at })))],
  [
    " of the same member",
    (size) => `{${list(size, (at) => `"metadata":{"key_${at}":"a"}`).join(",")}}`,
  ],
  [" of letters", (size) => `{"${"a".repeat(size * 16)}":"${"\\\\".repeat(size * 16)}"}`],
  [" that is none", (size) => `{"a":[${'"b",'.repeat(size)}`],
];

/** JSON Schemas of every shape that grows. */
export const grownSchemas: readonly GrownText[] = [
  [
    " of properties",
    (size) =>
      JSON.stringify({
        type: "object",
        properties: object(size, () => ({ type: "string" })),
        required: Object.keys(object(size, () => 0)),
      }),
  ],
  [
    " of anyOf",
    (size) =>
      JSON.stringify({
        type: "object",
        properties: { one: { anyOf: list(size, (at) => ({ type: "string", const: `${at}` })) } },
      }),
  ],
  [
    " of allOf",
    (size) =>
      JSON.stringify({
        type: "object",
        allOf: list(size, (at) => ({
          properties: { [`key_${at}`]: { type: ["string", "null"] } },
          required: [`key_${at}`],
        })),
      }),
  ],
  [
    " of enum",
    (size) =>
      JSON.stringify({
        type: "object",
        properties: { one: { type: "string", enum: list(size, (at) => `word ${at}`) } },
      }),
  ],
  [
    " of $defs",
    (size) =>
      JSON.stringify({
        type: "object",
        properties: object(size, (at) => ({ $ref: `#/$defs/key_${at}` })),
        $defs: object(size, () => ({ type: "string" })),
      }),
  ],
  [
    " of one $ref",
    (size) =>
      JSON.stringify({
        type: "object",
        properties: object(size, () => ({ $ref: "#/$defs/one" })),
        $defs: { one: { type: "string" } },
      }),
  ],
  [
    " of a chain of $refs",
    (size) =>
      JSON.stringify({
        $ref: "#/$defs/key_0",
        $defs: object(size, (at) => ({ $ref: `#/$defs/key_${at + 1}` })),
      }),
  ],
  [
    " of nested $refs",
    (size) =>
      JSON.stringify({
        type: "object",
        properties: { one: { $ref: "#/$defs/key_0" } },
        $defs: object(size, (at) => ({
          type: "object",
          properties: { one: { $ref: `#/$defs/key_${at + 1}` } },
        })),
      }),
  ],
  [
    " of $refs that double",
    (size) =>
      JSON.stringify({
        type: "object",
        properties: { one: { $ref: "#/$defs/key_0" } },
        $defs: object(size, (at) => ({
          type: "object",
          properties: {
            one: { $ref: `#/$defs/key_${at + 1}` },
            two: { $ref: `#/$defs/key_${at + 1}` },
          },
        })),
      }),
  ],
];
