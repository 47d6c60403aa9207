import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { Frame, FrameLimits, FrameParser } from "../../src/upstream/framing/frame.ts";
import { createNdjsonParser } from "../../src/upstream/framing/ndjson.ts";
import { createSseParser } from "../../src/upstream/framing/sse.ts";

const bytes = (text: string): Buffer => Buffer.from(text);
const readable = (frame: Frame) => ({
  ...frame,
  data: Buffer.from(frame.data).toString(),
  raw: Buffer.from(frame.raw).toString(),
});

function parse(parser: FrameParser, chunks: readonly Uint8Array[]) {
  return [...chunks.flatMap((chunk) => parser.push(chunk)), ...parser.end()].map(readable);
}

type Expected = readonly Partial<ReturnType<typeof readable>>[];

describe("createSseParser", () => {
  const cases: readonly [string, string, Expected][] = [
    ["reads one event", "data: x\n\n", [{ event: "", data: "x", raw: "data: x\n\n" }]],
    ["reads consecutive events", "data: x\n\ndata: y\n\n", [{ data: "x" }, { data: "y" }]],
    ["strips one space only", "data:  x\n\n", [{ data: " x" }]],
    ["needs no space", "data:x\n\n", [{ data: "x" }]],
    ["reads the event type", "event: ping\ndata: {}\n\n", [{ event: "ping", data: "{}" }]],
    ["joins data lines by LF", "data: a\ndata\ndata: b\n\n", [{ data: "a\n\nb" }]],
    [
      "reads CRLF",
      "event: e\r\ndata: x\r\n\r\ndata: y\r\n\r\n",
      [{ event: "e", data: "x", raw: "event: e\r\ndata: x\r\n\r\n" }, { data: "y" }],
    ],
    [
      "reads CR",
      "data: a\rdata: b\r\rdata: c\r\r",
      [{ data: "a\nb", raw: "data: a\rdata: b\r\r" }, { data: "c" }],
    ],
    ["reads mixed line ends", "data: a\r\ndata: b\rdata: c\n\r\n", [{ data: "a\nb\nc" }]],
    [
      "gives comments as frames without data",
      ": keep-alive\n\ndata: x\n\n",
      [{ event: "", data: "", raw: ": keep-alive\n\n" }, { data: "x" }],
    ],
    ["ignores a comment between fields", "data: a\n: no\ndata: b\n\n", [{ data: "a\nb" }]],
    [
      "gives surplus blank lines as frames of their own",
      "\ndata: x\n\n\n",
      [{ data: "", raw: "\n" }, { data: "x" }, { data: "", raw: "\n" }],
    ],
    [
      "drops a byte order mark from the fields and keeps it in raw",
      "\ufeffdata: x\n\n",
      [{ data: "x", raw: "\ufeffdata: x\n\n" }],
    ],
    [
      "takes a later byte order mark as part of a field name",
      "data: x\n\n\ufeffdata: y\n\n",
      [{ data: "x" }, { data: "" }],
    ],
    [
      "marks a last event without its blank line",
      "data: x\n\ndata: [DONE]",
      [{ data: "x" }, { data: "[DONE]", unterminated: true }],
    ],
    ["marks a last event with one line end", "data: x\n", [{ data: "x", unterminated: true }]],
    [
      "does not mark a last event that ends in CR CR",
      "data: x\r\r",
      [{ event: "", data: "x", raw: "data: x\r\r" }],
    ],
    ["reads id and retry", "id: 7\nretry: 250\ndata: x\n\n", [{ id: "7", retry: 250, data: "x" }]],
    [
      "ignores an id with NUL and a retry that is not digits",
      "id: a\0b\nretry: 1.5\ndata: x\n\n",
      [{ event: "", data: "x", raw: "id: a\0b\nretry: 1.5\ndata: x\n\n" }],
    ],
    ["ignores unknown fields", "foo: 1\nDATA: 2\ndatax: 3\ndata: x\n\n", [{ data: "x" }]],
    ["keeps colons in values", "data: a: b\n\n", [{ data: "a: b" }]],
    ["gives nothing for nothing", "", []],
  ];
  for (const [title, input, expected] of cases) {
    test(title, () => {
      const frames = parse(createSseParser(), [bytes(input)]);
      expect(frames).toHaveLength(expected.length);
      for (const [index, frame] of expected.entries()) {
        expect(frames[index]).toMatchObject(frame);
        expect(frames[index]?.unterminated).toBe(frame.unterminated);
        if (frame.raw !== undefined) expect(frames[index]?.id).toBe(frame.id);
      }
    });
    test(`${title}, byte by byte`, () => {
      expect(
        parse(
          createSseParser(),
          [...bytes(input)].map((byte) => Buffer.of(byte)),
        ),
      ).toEqual(parse(createSseParser(), [bytes(input)]));
    });
  }

  test("gives views of the chunk, not copies, for frames that lie within it", () => {
    const chunk = bytes("data: a\n\nevent: e\ndata: b\n\n");
    for (const frame of createSseParser().push(chunk)) {
      expect(frame.raw.buffer).toBe(chunk.buffer);
      expect(frame.data.buffer).toBe(chunk.buffer);
    }
  });

  test("gives an event as soon as its blank line is in", () => {
    const parser = createSseParser();
    expect(parser.push(bytes("data: a\n")).map(readable)).toEqual([]);
    expect(parser.push(bytes("\ndata: b")).map(readable)).toMatchObject([{ data: "a" }]);
  });
});

test("a byte order mark is one behind an empty chunk too", () => {
  const chunks = [bytes(""), bytes("\ufeffdata: x\n\n")];
  expect(parse(createSseParser(), chunks)).toMatchObject([{ data: "x" }]);
});

const parsers: readonly [string, (limits?: FrameLimits) => FrameParser, fc.Arbitrary<string>][] = [
  [
    "createSseParser",
    createSseParser,
    fc.constantFrom(
      "data: ",
      "data",
      "event: e",
      ":",
      "\n",
      "\r",
      "\r\n",
      "\n\n",
      "é😀",
      "x",
      "\ufeff",
      "id: 1",
      "retry: 5",
    ),
  ],
  [
    "createNdjsonParser",
    createNdjsonParser,
    fc.constantFrom('{"a":1}', "\n", "\r", "\r\n", "é😀", "\ufeff"),
  ],
];
for (const [name, create, piece] of parsers) {
  describe(`${name}, as a law`, () => {
    const stream = fc.array(piece, { maxLength: 25 }).map((pieces) => bytes(pieces.join("")));

    test("gives the same frames however the stream is cut, and their raw parts are the stream", () => {
      fc.assert(
        fc.property(stream, fc.array(fc.nat(200)), (input, cuts) => {
          const edges = [
            0,
            ...cuts.map((cut) => Math.min(cut, input.length)).sort((a, b) => a - b),
            input.length,
          ];
          const chunks = edges.slice(1).map((edge, index) => input.subarray(edges[index], edge));
          const frames = parse(create(), chunks);
          expect(frames).toEqual(parse(create(), [input]));
          expect(frames.map((frame) => frame.raw).join("")).toBe(input.toString());
        }),
        { numRuns: 2000 },
      );
    });

    test("never throws on garbage", () => {
      fc.assert(fc.property(fc.array(fc.uint8Array()), (chunks) => void parse(create(), chunks)));
    });
  });

  describe(`${name} with a bound`, () => {
    const line = `${"x".repeat(20)}\n\n`;
    const cases: readonly [string, readonly string[], number][] = [
      ["an event in one chunk", [line], 0],
      ["an event that never ends", ["x".repeat(15), "x".repeat(15)], 0],
      ["an event behind a good one, which is still given", [`ok\n\n${line}`], 1],
    ];
    for (const [title, chunks, good] of cases) {
      test(`refuses ${title}`, () => {
        const bounded = create({ maxEventBytes: 16 });
        const frames: Frame[] = [];
        expect(() => {
          for (const chunk of chunks) frames.push(...bounded.push(bytes(chunk)));
          bounded.end();
        }).toThrow(expect.objectContaining({ kind: "too_large" }));
        expect(frames.filter((frame) => frame.raw.length > 1)).toHaveLength(good);
        expect(() => bounded.push(bytes("y\n\n"))).toThrow(
          expect.objectContaining({ kind: "too_large" }),
        );
      });
    }

    test("accepts an event of exactly the bound", () => {
      const parser = create({ maxEventBytes: 16 });
      expect(parser.push(bytes(`${"x".repeat(14)}\n\n`)).at(0)?.raw.length).toBeGreaterThan(14);
    });
  });
}

describe("createNdjsonParser", () => {
  const cases: readonly [string, string, Expected][] = [
    [
      "reads lines",
      '{"a":1}\n{"b":2}\n',
      [{ data: '{"a":1}', raw: '{"a":1}\n' }, { data: '{"b":2}' }],
    ],
    ["drops the CR of CRLF", "1\r\n2\r\n", [{ data: "1", raw: "1\r\n" }, { data: "2" }]],
    [
      "gives blank lines without data",
      "1\n\n2\n",
      [{ data: "1" }, { data: "", raw: "\n" }, { data: "2" }],
    ],
    [
      "marks a last line without its end",
      "1\n2",
      [{ data: "1" }, { data: "2", unterminated: true }],
    ],
    ["drops a byte order mark", "\ufeff1\n", [{ data: "1", raw: "\ufeff1\n" }]],
  ];
  for (const [title, input, expected] of cases) {
    test(title, () => {
      const frames = parse(createNdjsonParser(), [bytes(input)]);
      expect(frames).toMatchObject(expected);
      expect(frames.map((frame) => frame.unterminated)).toEqual(
        expected.map((frame) => frame.unterminated),
      );
    });
  }
});
