import fc from "fast-check";
import { describe, expect, test } from "vitest";
import {
  arrayAt,
  booleanAt,
  decodeUtf8,
  intAt,
  isObject,
  type JsonObject,
  numberAt,
  objectAt,
  parseJson,
  stringAt,
} from "../../src/json/json.ts";

const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);

describe("parseJson", () => {
  const good: readonly [string, Uint8Array | string, unknown][] = [
    ["reads text", '{"a":[1,true,null,"x"]}', { a: [1, true, null, "x"] }],
    ["reads bytes", bytes(' {"a":"é€😀"} '), { a: "é€😀" }],
    ["drops a byte order mark in bytes", bytes('\ufeff{"a":1}'), { a: 1 }],
    ["drops a byte order mark in text", '\ufeff{"a":1}', { a: 1 }],
    ["reads a lone scalar", "7", 7],
    ["lets the last duplicate win", '{"a":1,"a":2}', { a: 2 }],
    [
      "reads a view that does not start at its buffer's start",
      bytes('xx{"a":1}').subarray(2),
      { a: 1 },
    ],
  ];
  for (const [title, input, expected] of good) {
    test(title, () => expect(parseJson(input)).toEqual({ ok: true, value: expected }));
  }

  const bad: readonly [string, Uint8Array | string, string, number, number, number][] = [
    ["an empty text", "", "the text ends too early", 0, 1, 1],
    ["a cut object", '{"a":1', "the text ends too early", 6, 1, 7],
    ["a cut string", '["ab', "the text ends too early, within a string", 4, 1, 5],
    ["a cut key", '{"a"', "the text ends too early", 4, 1, 5],
    ["a missing comma", '{\n  "é": 1\n  "b": 2}', "expected ',' or '}'", 14, 3, 3],
    ["a column counted in characters", '["é€😀" 1]', "expected ',' or ']'", 13, 1, 8],
    ["a trailing comma in an object", '{"a":1,}', "expected a key in double quotes", 7, 1, 8],
    ["a trailing comma in an array", "[1,]", "expected a value", 3, 1, 4],
    ["a bare key", "{a:1}", "expected a key in double quotes or '}'", 1, 1, 2],
    ["a missing colon", '{"a" 1}', "expected ':' after the key", 5, 1, 6],
    ["a leading zero", "[01]", "not a number, true, false or null", 1, 1, 2],
    ["NaN", '{"a":NaN}', "not a number, true, false or null", 5, 1, 6],
    ["text after the value", "{} x", "unexpected text after the value", 3, 1, 4],
    [
      "a raw control character",
      '["a\nb"]',
      "a control character in a string must be escaped",
      3,
      1,
      4,
    ],
    ["a bad escape", '["\\x"]', "not a valid escape in a string", 2, 1, 3],
    ["a bad unicode escape", '["\\u12g4"]', "not a valid escape in a string", 2, 1, 3],
    ["a closing bracket of the other kind", '{"a":[1}', "expected ',' or ']'", 7, 1, 8],
    [
      "invalid UTF-8",
      Uint8Array.of(0x22, 0x61, 0xff, 0x22),
      "the text is not valid UTF-8",
      2,
      1,
      3,
    ],
    [
      "an overlong form",
      Uint8Array.of(0x22, 0xc0, 0x80, 0x22),
      "the text is not valid UTF-8",
      1,
      1,
      2,
    ],
    [
      "an encoded surrogate",
      Uint8Array.of(0x22, 0xed, 0xa0, 0x80, 0x22),
      "the text is not valid UTF-8",
      1,
      1,
      2,
    ],
    ["a cut character", Uint8Array.of(0x22, 0xe2, 0x82), "the text is not valid UTF-8", 1, 1, 2],
  ];
  for (const [title, input, message, offset, line, column] of bad) {
    test(`reports ${title} with its position`, () =>
      expect(parseJson(input)).toEqual({ ok: false, error: { message, offset, line, column } }));
  }

  const nested = (depth: number) => "[".repeat(depth) + "]".repeat(depth);
  const depths: readonly [string, string, number | undefined, boolean][] = [
    ["accepts the default depth of 512", nested(512), undefined, true],
    ["refuses one level more", nested(513), undefined, false],
    ["accepts a given depth", nested(3), 3, true],
    ["refuses more than a given depth", nested(4), 3, false],
    ["counts objects too", `${'{"a":'.repeat(4)}1${"}".repeat(4)}`, 3, false],
    ["does not count siblings", `[${"[],".repeat(5000)}{}]`, undefined, true],
    ["does not count brackets in strings", JSON.stringify(["[{".repeat(5000)]), undefined, true],
    ["survives a million open brackets", "[".repeat(1_000_000), undefined, false],
    ["survives a million nested arrays", nested(1_000_000), undefined, false],
  ];
  for (const [title, input, maxDepth, ok] of depths) {
    test(title, () =>
      expect(parseJson(input, maxDepth === undefined ? {} : { maxDepth }).ok).toBe(ok),
    );
  }

  test("a __proto__ member is an own property and touches no prototype", () => {
    const parsed = parseJson('{"__proto__":{"polluted":1}}');
    expect(parsed.ok && isObject(parsed.value) && Object.hasOwn(parsed.value, "__proto__")).toBe(
      true,
    );
    expect(Reflect.get({}, "polluted")).toBeUndefined();
  });

  test("agrees with JSON.parse on any text that is nearly JSON, and points into it", () => {
    const mutated = fc
      .tuple(
        fc.json(),
        fc.nat(),
        fc.constantFrom("", "{", "}", "[", "]", ",", ":", '"', "\\", "0", "e", "\n", "\\u12"),
      )
      .map(
        ([text, at, extra]) =>
          text.slice(0, at % (text.length + 1)) + extra + text.slice((at % (text.length + 1)) + 1),
      );
    fc.assert(
      fc.property(fc.oneof(fc.json(), mutated, fc.string()), (text) => {
        const clean = text.toWellFormed();
        const parsed = parseJson(bytes(clean));
        expect(parsed).toEqual(nativeParse(clean) ?? { ok: false, error: expect.anything() });
        if (parsed.ok) return;
        expect(parsed.error.message).not.toBe("the text is not valid JSON");
        expect(parsed.error.offset).toBeLessThanOrEqual(bytes(clean).length);
      }),
      { numRuns: 2000 },
    );
  });

  test("decodes exactly the byte strings that the platform's strict decoder accepts, with the same fault position or earlier", () => {
    const piece = fc.oneof(
      fc.uint8Array({ maxLength: 4 }),
      fc.string({ unit: "binary", maxLength: 3 }).map((text) => bytes(text.toWellFormed())),
    );
    fc.assert(
      fc.property(fc.array(piece, { maxLength: 6 }), (pieces) => {
        const input = new Uint8Array(Buffer.concat(pieces));
        let expected: string | undefined;
        try {
          expected = new TextDecoder("utf-8", { fatal: true }).decode(input);
        } catch {
          expected = undefined;
        }
        expect(decodeUtf8(input)).toBe(expected);
        const parsed = parseJson(input);
        if (expected === undefined)
          expect(parsed).toMatchObject({
            ok: false,
            error: { message: "the text is not valid UTF-8" },
          });
        if (expected === undefined && !parsed.ok)
          expect(decodeUtf8(input.subarray(0, parsed.error.offset))).toBeDefined();
      }),
      { numRuns: 2000 },
    );
  });
});

describe("typed readers", () => {
  const object: JsonObject = {
    s: "x",
    n: 1.5,
    i: -3,
    big: 2 ** 53,
    b: false,
    o: { k: 1 },
    a: [1],
    z: null,
  };
  const keys = [...Object.keys(object), "absent", "toString"];
  const cases: readonly [string, (object: JsonObject, key: string) => unknown, JsonObject][] = [
    ["stringAt reads strings only", stringAt, { s: "x" }],
    ["numberAt reads numbers only", numberAt, { n: 1.5, i: -3, big: 2 ** 53 }],
    ["intAt reads safe integers only", intAt, { i: -3 }],
    ["booleanAt reads booleans only", booleanAt, { b: false }],
    ["objectAt reads objects only", objectAt, { o: { k: 1 } }],
    ["arrayAt reads arrays only", arrayAt, { a: [1] }],
  ];
  for (const [title, read, expected] of cases) {
    test(title, () => {
      const found = keys
        .map((key) => [key, read(object, key)] as const)
        .filter(([, value]) => value !== undefined);
      expect(Object.fromEntries(found)).toEqual(expected);
    });
  }
});

function nativeParse(text: string): { ok: true; value: unknown } | undefined {
  try {
    return { ok: true, value: JSON.parse(text) };
  } catch {
    return undefined;
  }
}
