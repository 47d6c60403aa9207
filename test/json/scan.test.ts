import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { scanTopLevel } from "../../src/json/scan.ts";
import { sliceElements, sliceJson, sliceJsonText } from "../../src/json/slice.ts";
import { findLastMember } from "../../src/json/tail.ts";
import { blanks, objectText, valueText } from "./json-arbitraries.ts";

const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);
const text = (value: Uint8Array | undefined): string | undefined =>
  value === undefined ? undefined : Buffer.from(value).toString();

describe("scanTopLevel", () => {
  const cases: readonly [string, string, readonly (readonly [string, string])[] | undefined][] = [
    [
      "lists duplicates",
      '{"a":1,"a":[2]}',
      [
        ["a", "1"],
        ["a", "[2]"],
      ],
    ],
    ["decodes escaped keys", '{"\\u006dodel":"x"}', [["model", '"x"']]],
    ["reads an empty object", " { } ", []],
    [
      "skips strings with escaped quotes and backslashes",
      '{"a":"\\\\\\"}","b":"\\\\"}',
      [
        ["a", '"\\\\\\"}"'],
        ["b", '"\\\\"'],
      ],
    ],
    ["refuses an array", "[]", undefined],
    ["refuses nothing", "", undefined],
    ["refuses a missing value", '{"a":}', undefined],
    ["refuses a missing colon", '{"a" 1}', undefined],
    ["refuses a trailing comma", '{"a":1,}', undefined],
    ["refuses an open string", '{"a":"x}', undefined],
    ["refuses open nesting", '{"a":[{}', undefined],
    ["refuses a bad escape in a key", '{"\\x":1}', undefined],
  ];
  for (const [title, input, expected] of cases) {
    test(title, () => {
      const found = scanTopLevel(bytes(input))?.map((member) => [
        member.key,
        text(bytes(input).subarray(member.valueStart, member.valueEnd)),
      ]);
      expect(found).toEqual(expected);
    });
  }

  test("gives the source of every key and value, whatever the formatting", () => {
    fc.assert(
      fc.property(objectText, (object) => {
        const input = bytes(object.text);
        const found = scanTopLevel(input)?.map((member) => ({
          keyText: text(input.subarray(member.keyStart, member.keyEnd)),
          valueText: text(input.subarray(member.valueStart, member.valueEnd)),
        }));
        expect(found).toEqual(object.members);
        expect(scanTopLevel(input)?.map((member) => member.key)).toEqual(
          object.members.map((member) => JSON.parse(member.keyText)),
        );
      }),
      { numRuns: 1000 },
    );
  });
});

describe("sliceJson", () => {
  const source = ' {"tools":[{"f":1},{"f":{ "b":12345678901234567890, "a":1.0}}],"x":null,"x":"é"}';
  const cases: readonly [string, readonly (string | number)[], string | undefined][] = [
    [
      "keeps key order, spacing and big integers",
      ["tools", 1, "f"],
      '{ "b":12345678901234567890, "a":1.0}',
    ],
    ["takes the last duplicate", ["x"], '"é"'],
    ["gives the root for an empty path", [], source.trim()],
    ["knows no absent key", ["tools", 0, "g"], undefined],
    ["knows no index past the end", ["tools", 2], undefined],
    ["does not index an object", ["tools", 0, 0], undefined],
    ["does not look for a key in an array", ["tools", "f"], undefined],
  ];
  for (const [title, path, expected] of cases) {
    test(title, () => expect(sliceJsonText(bytes(source), path)).toBe(expected));
  }

  test("sliceElements gives every element's source", () => {
    const items = fc.array(fc.tuple(blanks, valueText, blanks), { maxLength: 5 });
    fc.assert(
      fc.property(items, (list) => {
        const input = bytes(`[${list.map((item) => item.join("")).join(",")}]`);
        expect(sliceElements(input)?.map(text)).toEqual(list.map(([, value]) => value));
        for (const [index, [, value]] of list.entries())
          expect(text(sliceJson(input, [index]))).toBe(value);
      }),
    );
  });

  test("sliceElements knows only arrays that are whole", () => {
    expect(["{}", "[1", "[1,]", "", "[1 2]"].map((input) => sliceElements(bytes(input)))).toEqual(
      Array(5).fill(undefined),
    );
  });
});

describe("findLastMember", () => {
  const cases: readonly [string, string, string | undefined][] = [
    ["finds the trailer", '{"choices":[{"usage":1}],"usage":{"total":2},"x":[1]}', '{"total":2}'],
    ["skips a nested member behind it", '{"usage":1,"message":{"usage":2}}', "1"],
    ["takes the last of duplicates", '{"usage":1,"usage":2}', "2"],
    ["finds nothing when only a nested member has the name", '{"message":{"usage":2}}', undefined],
    ["is not fooled by text", '{"usage":1,"t":"\\"usage\\":3"}', "1"],
    ["is not fooled by a string that ends in the name", '{"usage":1,"\\"usage":3}', "1"],
    ["is not fooled by a value", '{"usage":1,"t":"usage"}', "1"],
    ["allows blanks around the colon", '{"usage" : null }', "null"],
    ["passes over many nested members", `{"usage":7,"list":[${'{"usage":1},'.repeat(50)}0]}`, "7"],
    ["finds nothing in a cut text", '{"usage":{"total":2}', undefined],
    ["finds nothing in a text that closes wrongly", '{"x":1,"usage":2]', undefined],
    ["finds nothing in an empty text", "", undefined],
    ["finds nothing in an array", '[{"usage":1}]', undefined],
  ];
  for (const [title, input, expected] of cases) {
    test(title, () => {
      const member = findLastMember(bytes(input), "usage");
      expect(member && text(bytes(input).subarray(member.valueStart, member.valueEnd))).toBe(
        expected,
      );
    });
  }

  test("agrees with a scan of the whole object", () => {
    fc.assert(
      fc.property(objectText, (object) => {
        const input = bytes(object.text);
        expect(findLastMember(input, "usage")).toEqual(
          scanTopLevel(input)?.findLast((member) => member.key === "usage"),
        );
      }),
      { numRuns: 1000 },
    );
  });

  test("takes linear time on text made of the name alone", () => {
    const input = bytes(`{"a":[${'{"usage":1},'.repeat(200_000)}1]}`);
    const started = process.cpuUsage();
    expect(findLastMember(input, "usage")).toBeUndefined();
    expect(process.cpuUsage(started).user).toBeLessThan(2_000_000);
  });
});
