import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { editAt, editTopLevel, type JsonEdits, MemberText } from "../../src/json/edit.ts";
import { scanTopLevel } from "../../src/json/scan.ts";
import { objectText, valueText } from "./json-arbitraries.ts";

const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);
const text = (value: Uint8Array | undefined): string | undefined =>
  value === undefined ? undefined : Buffer.from(value).toString();

describe("editTopLevel", () => {
  const cases: readonly [string, string, JsonEdits, string | undefined][] = [
    [
      "replaces a value in place",
      ' { "model" : "a" , "x":1.0 }\n',
      { model: '"b"' },
      ' { "model" : "b" , "x":1.0 }\n',
    ],
    ["takes bytes as a value", '{"model":"a"}', { model: bytes('"b"') }, '{"model":"b"}'],
    ["replaces every duplicate", '{"a":1,"b":2,"a":3}', { a: "9" }, '{"a":9,"b":2,"a":9}'],
    ["knows an escaped key", '{"\\u006dodel":"a"}', { model: '"b"' }, '{"\\u006dodel":"b"}'],
    [
      "leaves the same key alone deeper down",
      '{"x":{"model":1},"y":[{"model":2}]}',
      { model: "3" },
      '{"x":{"model":1},"y":[{"model":2}],"model":3}',
    ],
    [
      "is not fooled by strings",
      '{"x":"\\"model\\":1,}"}',
      { model: "3" },
      '{"x":"\\"model\\":1,}","model":3}',
    ],
    ["inserts after the last member", '{\n  "a": 1\n}', { b: "2" }, '{\n  "a": 1,"b":2\n}'],
    ["inserts into an empty object", "{ }", { b: "2", c: "3" }, '{"b":2,"c":3 }'],
    ["deletes the first member with its comma", '{ "a":1 , "b":2}', { a: null }, '{ "b":2}'],
    [
      "deletes a middle member with one comma",
      '{"a":1, "b":2 ,"c":3}',
      { b: null },
      '{"a":1 ,"c":3}',
    ],
    ["deletes the last member with its comma", '{"a":1, "b":2 }', { b: null }, '{"a":1 }'],
    ["deletes the only member", '{ "a":1 }', { a: null }, "{  }"],
    ["deletes all duplicates", '{"a":1,"a":2,"b":3,"a":4}', { a: null }, '{"b":3}'],
    ["deletes and inserts at once", '{"a":1}', { a: null, b: "2" }, '{"b":2}'],
    ["does nothing when the member to delete is absent", '{"a":1}', { b: null }, '{"a":1}'],
    ["keeps a byte order mark", '\ufeff{"a":1}', { a: "2" }, '\ufeff{"a":2}'],
    [
      "sets a key inside an object",
      '{"o": { "k" : 1.0 } }',
      { o: { include_usage: "true" } },
      '{"o": { "k" : 1.0,"include_usage":true } }',
    ],
    [
      "replaces a key inside an object",
      '{"o":{"k":0,"j":1}}',
      { o: { k: "5" } },
      '{"o":{"k":5,"j":1}}',
    ],
    ["creates an absent object", '{"a":1}', { o: { k: "true" } }, '{"a":1,"o":{"k":true}}'],
    ["creates an object in place of null", '{"o":null}', { o: { k: "true" } }, '{"o":{"k":true}}'],
    [
      "does not create an object only to delete in it",
      '{"a":1,"o":null}',
      { o: { k: null }, p: { k: null } },
      '{"a":1,"o":null}',
    ],
    ["refuses to look inside a number", '{"o":5}', { o: { k: "true" } }, undefined],
    ["refuses an array", "[1]", { a: "1" }, undefined],
    ["refuses text after the object", "{} {}", { a: "1" }, undefined],
    ["refuses a cut object", '{"a":1', { a: "2" }, undefined],
    [
      "treats __proto__ as a key like any other",
      '{"__proto__":1}',
      { model: "2" },
      '{"__proto__":1,"model":2}',
    ],
  ];
  for (const [title, input, edits, expected] of cases) {
    test(title, () => expect(text(editTopLevel(bytes(input), edits))).toBe(expected));
  }

  const moves: readonly [string, string, JsonEdits, string][] = [
    ["to the end", '{"a" : 1e2 ,"x":1}', { a: null, b: new MemberText("a") }, '{"x":1,"b":1e2}'],
    [
      "in the place of a member that is there",
      '{"b":{},"a":1.0}',
      { a: null, b: new MemberText("a") },
      '{"b":1.0}',
    ],
    ["the last of duplicates", '{"a":1,"a":2}', { a: null, b: new MemberText("a") }, '{"b":2}'],
    ["nowhere where it is absent", '{"x":1}', { a: null, b: new MemberText("a") }, '{"x":1}'],
  ];
  for (const [title, input, edits, expected] of moves) {
    test(`moves the text of a member ${title}`, () =>
      expect(text(editTopLevel(bytes(input), edits))).toBe(expected));
  }

  test("finds what it edits behind a long text full of quotes", () => {
    const long = JSON.stringify('say "no" \\ '.repeat(2000));
    const input = `{"model":"a","long":${long},"a":1,"b":2}`;
    expect(text(editTopLevel(bytes(input), { model: '"m"', a: null, b: "3" }))).toBe(
      `{"model":"m","long":${long},"b":3}`,
    );
    expect(text(editTopLevel(bytes(input), { b: null }))).toBe(
      `{"model":"a","long":${long},"a":1}`,
    );
    expect(text(editTopLevel(bytes(input), { model: null }))).toBe(`{"long":${long},"a":1,"b":2}`);
  });

  test("does not change its input", () => {
    const input = bytes('{"model":"a","x":1}');
    editTopLevel(input, { model: '"a longer name"', x: null });
    expect(text(input)).toBe('{"model":"a","x":1}');
  });

  const edit = fc.option(valueText, { nil: null });
  test("parses to what the same edit makes of the parsed text, and keeps the source of every other member", () => {
    fc.assert(
      fc.property(
        objectText,
        fc.dictionary(fc.constantFrom("model", "stream", "usage", "", "a"), edit, {
          noNullPrototype: true,
        }),
        (object, edits) => {
          const edited = editTopLevel(bytes(object.text), edits);
          const expected = new Map<string, unknown>(Object.entries(JSON.parse(object.text)));
          for (const [key, value] of Object.entries(edits)) {
            if (value === null) expected.delete(key);
            else expected.set(key, JSON.parse(value));
          }
          const source = text(edited) ?? "";
          expect(new Map(Object.entries(JSON.parse(source)))).toEqual(expected);
          const untouched = object.members.filter(
            (member) => !Object.hasOwn(edits, JSON.parse(member.keyText)),
          );
          const kept = (scanTopLevel(bytes(source)) ?? []).filter(
            (member) => !Object.hasOwn(edits, member.key),
          );
          expect(
            kept.map((member) => text(bytes(source).subarray(member.valueStart, member.valueEnd))),
          ).toEqual(untouched.map((member) => member.valueText));
          expect(
            kept.map((member) => text(bytes(source).subarray(member.keyStart, member.keyEnd))),
          ).toEqual(untouched.map((member) => member.keyText));
        },
      ),
      { numRuns: 1000 },
    );
  });

  test("changes no byte outside the spans of the replaced values", () => {
    fc.assert(
      fc.property(objectText, valueText, (object, value) => {
        const input = bytes(object.text);
        const spans = (scanTopLevel(input) ?? []).filter((member) => member.key === "model");
        fc.pre(spans.length > 0);
        const pieces = [0, ...spans.map((span) => span.valueEnd)].map((start, index) =>
          text(input.subarray(start, spans[index]?.valueStart)),
        );
        expect(text(editTopLevel(input, { model: value }))).toBe(pieces.join(value));
      }),
      { numRuns: 1000 },
    );
  });

  const pad = '"#"';
  const large = JSON.stringify('"model": {"stream_options" ]'.repeat(400));
  for (const [title, around] of [
    ["before", (inner: string) => `\n{ "pad" :${pad} ${inner === "" ? "" : ","}${inner}}`],
    ["after", (inner: string) => `{${inner}${inner === "" ? "" : ","}\t"pad":${pad} } `],
  ] as const) {
    test(`edits the same in a large text, its members ${title} the large one`, () => {
      fc.assert(
        fc.property(objectText, valueText, fc.boolean(), (object, value, nested) => {
          const inner = object.members
            .map((member) => `${member.keyText}:${member.valueText}`)
            .join(" ,");
          const edits = nested
            ? { model: value, stream_options: { include_usage: "true" } }
            : { model: value };
          const small = around(inner);
          fc.pre(!inner.includes(pad) && !value.includes(pad));
          const expected = text(editTopLevel(bytes(small), edits))?.replace(pad, () => large);
          expect(text(editTopLevel(bytes(small.replace(pad, () => large)), edits))).toBe(expected);
        }),
        { numRuns: 1000 },
      );
    });
  }

  test("never throws on garbage", () => {
    fc.assert(
      fc.property(
        fc.oneof(
          fc.uint8Array(),
          objectText.chain((object) =>
            fc.nat(object.text.length).map((end) => bytes(object.text.slice(0, end))),
          ),
        ),
        (input) => {
          editTopLevel(input, {
            model: "1",
            stream: null,
            stream_options: { include_usage: "true" },
          });
        },
      ),
      { numRuns: 1000 },
    );
  });
});

describe("editAt", () => {
  const path = ["stream_options", "include_usage"];
  const cases: readonly [string, string, string | null, string | undefined][] = [
    [
      "creates the object",
      '{"model":"m"}',
      "true",
      '{"model":"m","stream_options":{"include_usage":true}}',
    ],
    [
      "replaces null",
      '{"stream_options":null}',
      "true",
      '{"stream_options":{"include_usage":true}}',
    ],
    [
      "replaces false and keeps siblings",
      '{"stream_options":{ "x":1, "include_usage":false}}',
      "true",
      '{"stream_options":{ "x":1, "include_usage":true}}',
    ],
    [
      "fills an empty object",
      '{"stream_options":{}}',
      "true",
      '{"stream_options":{"include_usage":true}}',
    ],
    [
      "edits every duplicate",
      '{"stream_options":{},"stream_options":null}',
      "true",
      '{"stream_options":{"include_usage":true},"stream_options":{"include_usage":true}}',
    ],
    [
      "deletes",
      '{"stream_options":{"include_usage":true,"y":2}}',
      null,
      '{"stream_options":{"y":2}}',
    ],
    ["gives up on a string", '{"stream_options":"x"}', "true", undefined],
  ];
  for (const [title, input, value, expected] of cases) {
    test(title, () => expect(text(editAt(bytes(input), path, value))).toBe(expected));
  }

  test("goes as deep as the path", () => {
    expect(text(editAt(bytes('{"a":{"b":{"c":1}}}'), ["a", "b", "d", "__proto__"], "2"))).toBe(
      '{"a":{"b":{"c":1,"d":{"__proto__":2}}}}',
    );
  });
});
