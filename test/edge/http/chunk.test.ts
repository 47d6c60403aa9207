import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { printChunk } from "../../../src/edge/http/chunk.ts";

function printed(piece: Uint8Array | string): Buffer | undefined {
  const chunk = printChunk(piece);
  if (chunk === undefined) return undefined;
  return typeof chunk === "string" ? Buffer.from(chunk, "latin1") : Buffer.from(chunk);
}

describe("a chunk of a chunked body", () => {
  for (const [title, piece, expected] of [
    ["is a text behind its length", "data: x\n\n", "9\r\ndata: x\n\n\r\n"],
    ["counts bytes and not characters", "ä\u{1f600}", "6\r\nä\u{1f600}\r\n"],
    ["is bytes behind their length", Buffer.alloc(26, "a"), `1a\r\n${"a".repeat(26)}\r\n`],
  ] as const) {
    it(title, () => expect(printed(piece)?.toString()).toBe(expected));
  }

  it("is not copied where it is long", () => {
    expect(printChunk("x".repeat(16 * 1024))).toBeDefined();
    expect(printChunk("x".repeat(16 * 1024 + 1))).toBeUndefined();
    expect(printChunk(new Uint8Array(16 * 1024 + 1))).toBeUndefined();
  });

  it("holds what was given, whatever that is", () => {
    const pieces = fc.oneof(
      fc.string({ unit: fc.constantFrom("a", "\r\n", "é", "\u{1f600}", "\udc00"), minLength: 1 }),
      fc.uint8Array({ minLength: 1 }),
    );
    fc.assert(
      fc.property(pieces, (piece) => {
        const content = Buffer.from(piece);
        const head = `${content.length.toString(16)}\r\n`;
        const expected = Buffer.concat([Buffer.from(head), content, CRLF]);
        expect(Buffer.compare(printed(piece) ?? CRLF, expected)).toBe(0);
      }),
    );
  });
});

const CRLF = Buffer.from("\r\n");
