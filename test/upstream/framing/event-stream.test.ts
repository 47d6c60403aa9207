import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { createEventStreamParser } from "../../../src/upstream/framing/event-stream.ts";
import {
  type EventStreamHeader,
  readEventStreamHeaders,
} from "../../../src/upstream/framing/event-stream-message.ts";
import type { Frame } from "../../../src/upstream/framing/frame.ts";
import { UpstreamError } from "../../../src/upstream/upstream-error.ts";
import {
  printEvent,
  printException,
  printMessage,
  uint16,
  type WireHeader,
  word,
} from "../print-event-stream.ts";

interface Parsed {
  readonly frames: readonly (readonly [
    event: string,
    data: string,
    raw: string,
    unterminated: boolean,
  ])[];
  readonly failure: string | undefined;
}

function parse(chunks: readonly Uint8Array[], maxEventBytes?: number): Parsed {
  const parser = createEventStreamParser(
    maxEventBytes === undefined ? undefined : { maxEventBytes },
  );
  const frames: Frame[] = [];
  let failure: string | undefined;
  try {
    for (const chunk of chunks) frames.push(...parser.push(chunk));
    frames.push(...parser.end());
  } catch (error) {
    if (!(error instanceof UpstreamError)) throw error;
    failure = `${error.kind}: ${error.message}`;
  }
  return {
    frames: frames.map(({ event, data, raw, unterminated }) => [
      event,
      Buffer.from(data).toString("latin1"),
      Buffer.from(raw).toString("latin1"),
      unterminated === true,
    ]),
    failure,
  };
}

function cutAt(bytes: Buffer, places: readonly number[]): Buffer[] {
  const cuts = [...new Set(places.map((place) => place % (bytes.length + 1)))].sort(
    (one, other) => one - other,
  );
  return [...cuts, bytes.length].map((cut, index) => bytes.subarray(cuts[index - 1] ?? 0, cut));
}

function flip(bytes: Buffer, at: number): Buffer {
  const copy = Buffer.from(bytes);
  copy[at] = (copy[at] ?? 0) ^ 0x01;
  return copy;
}

const int64 = (value: bigint): Buffer => {
  const bytes = Buffer.alloc(8);
  bytes.writeBigInt64BE(value);
  return bytes;
};

/** The example of the specification: no headers and no payload. */
const EMPTY = Buffer.from("000000100000000005c248eb7d98c8ff", "hex");

describe("frames", () => {
  const cases: readonly (readonly [title: string, bytes: Buffer, event: string, data: string])[] = [
    ["are read from the empty message of AWS's own vectors", EMPTY, "", ""],
    [
      "are named after the event type",
      printEvent("messageStop", { stopReason: "end_turn" }),
      "messageStop",
      '{"stopReason":"end_turn"}',
    ],
    [
      "mark an exception",
      printException("throttlingException", { message: "slow" }),
      "exception:throttlingException",
      '{"message":"slow"}',
    ],
    [
      "tell an error, which has no payload, as JSON",
      printMessage(
        [
          word(":message-type", "error"),
          word(":error-code", "Internal"),
          word(":error-message", 'a "b"'),
        ],
        "",
      ),
      "error:Internal",
      '{"message":"a \\"b\\""}',
    ],
  ];
  for (const [title, bytes, event, data] of cases) {
    it(title, () => {
      const raw = bytes.toString("latin1");
      expect(parse([bytes])).toEqual({ frames: [[event, data, raw, false]], failure: undefined });
    });
  }

  const event = fc.tuple(fc.stringMatching(/^[a-zA-Z]{1,12}$/), fc.jsonValue());
  const stream = fc
    .array(event, { maxLength: 6 })
    .map((events) => Buffer.concat(events.map(([type, json]) => printEvent(type, json))));

  it("do not depend on how the stream is cut", () => {
    fc.assert(
      fc.property(
        stream,
        fc.array(fc.nat(), { maxLength: 12 }),
        fc.nat({ max: 40 }),
        (bytes, places, lost) => {
          const short = bytes.subarray(0, Math.max(0, bytes.length - lost));
          expect(parse(cutAt(short, places))).toEqual(parse([short]));
          expect(parse(Array.from(short, (_, at) => short.subarray(at, at + 1)))).toEqual(
            parse([short]),
          );
        },
      ),
    );
  });

  it("put together are the stream, also where it was cut off", () => {
    fc.assert(
      fc.property(stream, fc.nat({ max: 40 }), (bytes, lost) => {
        const short = bytes.subarray(0, Math.max(0, bytes.length - lost));
        const { frames } = parse([short]);
        expect(frames.map(([, , raw]) => raw).join("")).toBe(short.toString("latin1"));
        expect(frames.slice(0, -1).every(([, , , unterminated]) => !unterminated)).toBe(true);
      }),
    );
  });

  it("before a broken message are handed out, and then the stream fails, wherever it is cut", () => {
    const first = printEvent("one", 1);
    const second = printEvent("two", { text: "x" });
    fc.assert(
      fc.property(
        fc.nat({ max: second.length - 1 }),
        fc.array(fc.nat(), { maxLength: 6 }),
        (at, places) => {
          const bytes = Buffer.concat([first, flip(second, at), printEvent("three", 3)]);
          const { frames, failure } = parse(cutAt(bytes, places));
          expect(frames.map(([name]) => name)).toEqual(["one"]);
          expect(failure).toMatch(/^protocol: the event stream is broken/);
        },
      ),
    );
  });
});

describe("bounds", () => {
  const message = printEvent("delta", { text: "0123456789" });

  it("let a message of exactly the bound pass", () => {
    expect(parse([message], message.length).failure).toBeUndefined();
  });

  it("refuse a larger one as soon as its prelude is in", () => {
    const parser = createEventStreamParser({ maxEventBytes: message.length - 1 });
    expect(() => parser.push(message.subarray(0, 12))).toThrow(/larger than/);
    expect(() => parser.push(message)).toThrow(/larger than/);
    expect(() => parser.end()).toThrow(/larger than/);
  });
});

describe("malformed messages", () => {
  const cases: readonly (readonly [title: string, headers: readonly WireHeader[]])[] = [
    ["with an unknown type of header", [["a", 10, Buffer.of()]]],
    ["with a string that is longer than the headers", [["a", 7, Buffer.of(0, 9, 65)]]],
    ["with a string without a length", [["a", 7, Buffer.of(0)]]],
    ["with a number that is cut off", [["a", 4, Buffer.of(1, 2)]]],
  ];
  for (const [title, headers] of cases) {
    it(`${title} are a failure`, () => {
      expect(parse([printMessage(headers, "")])).toEqual({
        frames: [],
        failure: "protocol: the event stream is broken: the headers of a message cannot be read",
      });
    });
  }

  it("never throw anything but an upstream error", () => {
    fc.assert(
      fc.property(fc.array(fc.uint8Array()), fc.uint8Array({ maxLength: 60 }), (chunks, noise) => {
        expect(parse(chunks)).toHaveProperty("frames");
        expect(() => readEventStreamHeaders(Buffer.from(noise))).not.toThrow();
      }),
    );
  });
});

describe("headers", () => {
  const uuid = Buffer.from("00112233445566778899aabbccddeeff", "hex");
  const cases: readonly (readonly [type: number, value: Buffer, expected: EventStreamHeader])[] = [
    [0, Buffer.of(), true],
    [1, Buffer.of(), false],
    [2, Buffer.of(0xfe), -2],
    [3, Buffer.of(0xff, 0xfe), -2],
    [4, Buffer.of(0, 0, 1, 0), 256],
    [5, int64(-(2n ** 60n)), -(2n ** 60n)],
    [6, Buffer.concat([uint16(2), Buffer.of(1, 2)]), Buffer.of(1, 2)],
    [7, Buffer.concat([uint16(4), Buffer.from("éab")]), "éab"],
    [8, int64(1_700_000_000_000n), 1_700_000_000_000n],
    [9, uuid, uuid],
  ];
  for (const [type, value, expected] of cases) {
    it(`of type ${type} are read, whatever follows`, () => {
      const message = printMessage([["n", type, value], word("next", "here")], "");
      const bytes = message.subarray(12, 12 + message.readUInt32BE(4));
      expect(readEventStreamHeaders(bytes)).toEqual(
        new Map<string, unknown>([
          ["n", expected],
          ["next", "here"],
        ]),
      );
    });
  }
});
