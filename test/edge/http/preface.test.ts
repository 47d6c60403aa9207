import fc from "fast-check";
import { expect, test } from "vitest";
import { readPreface } from "../../../src/edge/http/acceptor.ts";

const preface = Buffer.from("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n");

test("every start of the HTTP/2 preface is undecided until its first line is whole, then HTTP/2", () => {
  for (let length = 0; length <= preface.length; length++) {
    expect(readPreface(preface.subarray(0, length))).toBe(length < 14 ? "undecided" : "h2");
  }
});

test("any other byte decides for HTTP/1.1 at once, whatever follows", () => {
  fc.assert(
    fc.property(
      fc.nat(13),
      fc.integer({ min: 1, max: 255 }),
      fc.uint8Array(),
      (index, change, rest) => {
        const start = Buffer.from(preface.subarray(0, index + 1));
        start[index] = ((start[index] ?? 0) + change) % 256;
        expect(readPreface(Buffer.concat([start, rest]))).toBe("h1");
      },
    ),
  );
});
