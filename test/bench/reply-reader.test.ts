import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { createReplyReader } from "../../bench/reply-reader.ts";

const sized = "HTTP/1.1 200 OK\r\nContent-Length: 11\r\nX-Other: 1\r\n\r\nhello world";
const chunked =
  "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n3\r\nabc\r\n2\r\n\r\n\r\n0\r\n\r\n";
const failed = "HTTP/1.1 503 Service Unavailable\r\ncontent-length: 2\r\n\r\nno";

const replies: readonly (readonly [
  title: string,
  text: string,
  status: number,
  bodyBytes: number,
])[] = [
  ["a reply with a length", sized, 200, 11],
  ["a chunked reply", chunked, 200, 20],
  ["a failure", failed, 503, 2],
  ["a reply without a body", "HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n", 200, 0],
];

describe("the reply reader", () => {
  for (const [title, text, status, bodyBytes] of replies) {
    it(`completes ${title} with its last byte, however it is cut`, () => {
      const bytes = Buffer.from(text);
      const cuts = fc.uniqueArray(fc.integer({ min: 1, max: bytes.length - 1 }), { maxLength: 12 });
      fc.assert(
        fc.property(cuts, (unsorted) => {
          const reader = createReplyReader();
          const edges = [0, ...unsorted.toSorted((left, right) => left - right), bytes.length];
          const done = edges
            .slice(1)
            .map((end, index) => reader.push(bytes.subarray(edges[index], end)));
          expect(done).toEqual([...edges.slice(2).map(() => false), true]);
          expect([reader.status(), reader.bodyBytes()]).toEqual([status, bodyBytes]);
        }),
      );
    });
  }

  it("reads the next reply on the same connection", () => {
    const reader = createReplyReader();
    const seen = [chunked, failed, sized].map((text) => {
      reader.reset();
      return [reader.push(Buffer.from(text)), reader.status()];
    });
    expect(seen).toEqual([
      [true, 200],
      [true, 503],
      [true, 200],
    ]);
  });

  it("refuses a reply whose end it could not tell", () => {
    const push = () =>
      createReplyReader().push(Buffer.from("HTTP/1.1 200 OK\r\nconnection: close\r\n\r\nabc"));
    expect(push).toThrow("neither a length nor chunks");
  });
});
