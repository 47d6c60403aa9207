import type { VendorReply } from "../../vendors/vendor-reply.ts";
import { type Misbehaviour, wholeBody } from "./misbehaviour.ts";
import type { Wire } from "./wire.ts";

/** A head that ends in these lines, and a body as it is. */
function written(
  name: string,
  lines: readonly string[],
  body: (good: VendorReply) => Buffer | string,
  more: Partial<Misbehaviour> = {},
): Misbehaviour {
  return {
    name,
    ...more,
    play(wire, good) {
      writeHead(wire, good, lines);
      wire.write(body(good));
      wire.end();
    },
  };
}

function writeHead(wire: Wire, good: VendorReply, lines: readonly string[]): void {
  const type = `content-type: ${String(good.headers["content-type"])}`;
  wire.write(`HTTP/1.1 200 OK\r\n${[type, ...lines].join("\r\n")}\r\n\r\n`);
}

const chunked = ["transfer-encoding: chunked"];
const hex = (good: VendorReply): string => wholeBody(good).length.toString(16);

/** Bodies whose lengths lie. */
export const badFraming: readonly Misbehaviour[] = [
  written(
    "chunk-size-garbage",
    chunked,
    (good) => `zz\r\n${wholeBody(good).toString()}\r\n0\r\n\r\n`,
  ),
  written(
    "chunk-size-huge",
    chunked,
    (good) => `ffffffffffffffffff\r\n${wholeBody(good).toString()}`,
  ),
  written("chunk-size-negative", chunked, (good) => `-1\r\n${wholeBody(good).toString()}`),
  written(
    "chunk-size-too-small",
    chunked,
    (good) => `3\r\n${wholeBody(good).toString()}\r\n0\r\n\r\n`,
  ),
  written(
    "chunk-without-end",
    chunked,
    (good) => `${hex(good)}\r\n${wholeBody(good).toString("latin1")}\r\n`,
  ),
  written("chunk-extensions", chunked, (good) =>
    Buffer.concat([
      Buffer.from(`${hex(good)};${"a=b;".repeat(20_000)}\r\n`),
      wholeBody(good),
      Buffer.from("\r\n0\r\n\r\n"),
    ]),
  ),
  written("chunks-of-one", chunked, (good) =>
    Buffer.concat(
      [...wholeBody(good)]
        .map((byte) => Buffer.from([0x31, 13, 10, byte, 13, 10]))
        .concat(Buffer.from("0\r\n\r\n")),
    ),
  ),
  written("trailers", chunked, (good) =>
    Buffer.concat([
      Buffer.from(`${hex(good)}\r\n`),
      wholeBody(good),
      Buffer.from("\r\n0\r\nx-a: b\r\ncontent-length: 9\r\n\r\n"),
    ]),
  ),
  written("trailers-garbage", chunked, (good) =>
    Buffer.concat([
      Buffer.from(`${hex(good)}\r\n`),
      wholeBody(good),
      Buffer.from("\r\n0\r\n\u0000\u0001\r\n\r\n"),
    ]),
  ),
  written("length-negative", ["content-length: -5"], wholeBody),
  written("length-garbage", ["content-length: 0x10"], wholeBody),
  written("length-huge", [`content-length: ${"9".repeat(30)}`], wholeBody),
  written("length-twice", ["content-length: 5", "content-length: 6"], wholeBody),
  written(
    "length-and-chunks",
    ["content-length: 5", ...chunked],
    (good) => `${hex(good)}\r\n${wholeBody(good).toString()}\r\n0\r\n\r\n`,
  ),
  written("length-too-small", ["content-length: 5"], wholeBody),
  written(
    "coding-gzip-of-transfer",
    ["transfer-encoding: gzip, chunked"],
    (good) => `${hex(good)}\r\n${wholeBody(good).toString()}\r\n0\r\n\r\n`,
  ),
  {
    name: "another-reply-behind",
    async play(wire, good) {
      const body = wholeBody(good);
      writeHead(wire, good, [`content-length: ${body.length}`]);
      wire.write(body);
      // Unasked, on a connection that may be used again.
      await wire.drip(() => "HTTP/1.1 200 OK\r\ncontent-length: 3\r\n\r\nbad", 10, 3);
      wire.end();
    },
  },
];
