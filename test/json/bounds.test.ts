import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { findJsonExcess } from "../../src/json/bounds.ts";
import { parseJson } from "../../src/json/json.ts";

const mib = 1024 * 1024;
const loose = { maxDepth: 512, maxValues: Number.MAX_SAFE_INTEGER };

/** CPU time of this process in milliseconds while `run` runs. */
function cpuMs(run: () => unknown): number {
  const before = process.cpuUsage();
  run();
  const { user, system } = process.cpuUsage(before);
  return (user + system) / 1000;
}

function list(item: string, bytes: number): Buffer {
  return Buffer.from(`[${item.repeat(Math.floor(bytes / item.length))}0]`);
}

function numbered(count: number, item: (index: number) => string): string {
  return Array.from({ length: count }, (_, index) => item(index)).join();
}

describe("a body of 62 MiB is refused before anything is built of it", () => {
  const deep = /nested deeper than 512 levels/;
  const much = /more than 8000000 values/;
  const cases: readonly (readonly [string, () => Buffer, RegExp])[] = [
    ["brackets", () => Buffer.from("[".repeat(62 * mib)), deep],
    ["nested objects", () => Buffer.from('{"a":'.repeat(12 * mib)), deep],
    ["empty objects", () => list("{},", 62 * mib), much],
    ["empty arrays", () => list("[],", 62 * mib), much],
    ["small objects", () => list('{"a":1},', 62 * mib), much],
    ["numbers", () => list("1,", 62 * mib), much],
    ["strings", () => list('"",', 62 * mib), much],
    ["repeated names", () => Buffer.from(`{${'"a":1,'.repeat(10 * mib)}"b":1}`), much],
  ];
  for (const [title, make, message] of cases) {
    test(title, () => {
      const body = make();
      let parsed: ReturnType<typeof parseJson> | undefined;
      // The parser took 3 to 18 s of it, and gigabytes.
      expect(cpuMs(() => (parsed = parseJson(body)))).toBeLessThan(1500);
      expect(parsed).toMatchObject({
        ok: false,
        error: { message: expect.stringMatching(message) },
      });
    });
  }

  test("new names and new strings, which cost the parser more than others", () => {
    const names = Buffer.from(`{${numbered(400_000, (index) => `"${index.toString(36)}":1`)}}`);
    const strings = Buffer.from(`[${numbered(400_000, (index) => `"${index}"`)}]`);
    const long = "x".repeat(30);
    const longNames = Buffer.from(`{${numbered(400_000, (index) => `"${long}${index}":1`)}}`);
    for (const body of [names, strings, longNames]) {
      expect(parseJson(body)).toMatchObject({
        ok: false,
        error: { message: expect.stringMatching(much) },
      });
    }
  });
});

describe("what is large for a good reason passes", () => {
  const cases: readonly (readonly [string, () => string])[] = [
    ["an image of 60 MB", () => JSON.stringify({ image: "QUJD".repeat(15_000_000) })],
    ["a text full of brackets and escapes", () => JSON.stringify(['[{"\\'.repeat(4_000_000)])],
    ["2048 inputs of an embedding", () => JSON.stringify(Array(2048).fill("word ".repeat(6000)))],
    ["6 million numbers, as 2048 embeddings have", () => `[${"-0.0123456,".repeat(6_000_000)}0]`],
    [
      "10,000 messages",
      () =>
        JSON.stringify(
          Array(10_000).fill({ role: "user", content: [{ type: "text", text: "hi" }] }),
        ),
    ],
    [
      "300 tools with schemas of 1000 names",
      () =>
        JSON.stringify(
          Array(300).fill(
            Object.fromEntries(
              Array.from({ length: 1000 }, (_, index) => [`name_${index}`, { type: "string" }]),
            ),
          ),
        ),
    ],
  ];
  for (const [title, make] of cases) test(title, () => expect(parseJson(make()).ok).toBe(true));
});

describe("the bounds", () => {
  const padding = " ".repeat(64 * 1024);
  const cases: readonly (readonly [string, string, number, number | undefined])[] = [
    ["count commas", "[1,2,3]", 11, undefined],
    ["refuse at the value that is too much", "[1,2,3]", 10, 4],
    ["count a name, and more where it is new", '{"a":1,"a":2}', 9 + 24 + 2 + 1 + 2, undefined],
    ["refuse a name that is too much", '{"a":1,"a":2}', 9 + 24 + 2 + 1 + 1, 10],
    ["do not count what is in a string", '["[[[,,,:::"]', 9 + 24, undefined],
    ["see past an escaped quote", '["\\",[[",[]]', 9 + 24 + 1 + 8, undefined],
    ["see past an escaped quote far on", `["${"x".repeat(50)}\\",[[",[]]`, 9 + 1 + 8, undefined],
    ["see past escaped backslashes", `["${"x".repeat(50)}\\\\",[]]`, 9 + 1 + 8, undefined],
  ];
  for (const [title, text, maxValues, offset] of cases) {
    test(title, () => {
      expect(findJsonExcess(Buffer.from(text), { maxDepth: 512, maxValues })?.offset).toBe(offset);
      const parsed = parseJson(padding + text, { maxValues });
      const at = offset === undefined ? undefined : padding.length + offset;
      expect(parsed.ok ? undefined : parsed.error.offset).toBe(at);
    });
  }

  test("are looked at in a text as in bytes, with the position in bytes", () => {
    const text = `["${"é".repeat(64 * 1024)}",${"[".repeat(600)}`;
    const expected = { ok: false, error: { offset: 3 + 128 * 1024 + 1 + 511, line: 1 } };
    expect(parseJson(text)).toMatchObject(expected);
    expect(parseJson(Buffer.from(text))).toMatchObject(expected);
  });

  test("never stop a text that holds less, and always one that holds more", () => {
    fc.assert(
      fc.property(
        fc.array(fc.jsonValue({ maxDepth: 6 })).map((value) => JSON.stringify(value)),
        (text) => {
          const bytes = Buffer.from(text);
          const values = countedValues(text);
          expect(findJsonExcess(bytes, { maxDepth: 512, maxValues: values })).toBeUndefined();
          expect(findJsonExcess(bytes, { maxDepth: 512, maxValues: values - 1 })).toBeDefined();
        },
      ),
      { numRuns: 1000 },
    );
  });

  test("need no pass over a text with few brackets that is too short to hold as much", () => {
    // Six values a byte are more than the densest of such texts holds: new strings of two bytes.
    const pair = (index: number) =>
      String.fromCharCode(35 + (index % 57), 35 + ((index / 57) % 57));
    const dense = [
      `[${numbered(20_000, (index) => `"${pair(index)}"`)}]`,
      `{${numbered(20_000, (index) => `"${pair(index)}":${"[".repeat(index < 500 ? 1 : 0)}1`)}`,
      `[${numbered(40_000, () => "1")}${"[],".repeat(500)}0]`,
      `"${"ab".repeat(40_000)}"`,
    ];
    for (const text of dense) {
      const bytes = Buffer.from(text);
      expect(bytes.length).toBeGreaterThan(64 * 1024);
      const maxValues = bytes.length * 6;
      expect(findJsonExcess(bytes, { maxDepth: 512, maxValues })).toBeUndefined();
    }
  });

  test("hold for a text that is short enough for its values and nested too deep", () => {
    const nested = `[${"1,".repeat(50_000)}${"[".repeat(512)}`;
    expect(parseJson(nested)).toMatchObject({
      ok: false,
      error: { message: "nested deeper than 512 levels", offset: 100_001 + 511 },
    });
  });

  test("take any bytes, whole or cut", () => {
    const piece = fc.constantFrom('"', "\\", "{", "}", "[", "]", ",", ":", "x".repeat(30), "1");
    fc.assert(
      fc.property(fc.array(piece, { maxLength: 40 }), (pieces) => {
        findJsonExcess(Buffer.from(pieces.join("")), loose);
      }),
    );
  });
});

/** As the bounds count, by another way: tokens instead of bytes. */
function countedValues(text: string): number {
  const seen = new Set<string>();
  let values = 1;
  let last = "";
  for (const [token] of text.matchAll(/"(?:[^"\\]|\\.)*"|[[\]{},:]/g)) {
    if (token === "[" || token === "{") values += 8;
    else if (token === ",") values += 1;
    else if (token === ":") values += Buffer.byteLength(last) > 25 ? 2 + 24 : 2;
    else if (token.startsWith('"') && Buffer.byteLength(token) <= 25 && !seen.has(token)) {
      seen.add(token);
      values += 24;
    }
    last = token;
  }
  return values;
}

describe("a large text that is not JSON costs no more than one that is", () => {
  const cases: readonly (readonly [string, () => Buffer])[] = [
    ["numbers", () => Buffer.from(`[${"1,".repeat(7_900_000)}`)],
    ["fractions", () => Buffer.from(`[${"0.5,".repeat(7_900_000)}`)],
    ["words", () => Buffer.from(`[${"true,".repeat(7_900_000)}`)],
  ];
  for (const [title, make] of cases) {
    test(`${title} without an end`, () => {
      const body = make();
      expect(cpuMs(() => expect(parseJson(body).ok).toBe(false))).toBeLessThan(4000);
    });
  }
});
