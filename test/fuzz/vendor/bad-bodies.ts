import { brotliCompressSync, deflateRawSync, gzipSync, zstdCompressSync } from "node:zlib";
import { type Misbehaviour, replyWith, wholeBody } from "./misbehaviour.ts";

const half = (bytes: Buffer): Buffer => bytes.subarray(0, bytes.length >> 1);

let bombs: { readonly gzip: Buffer; readonly brotli: Buffer } | undefined;

/** 80 MB of spaces and of zeros, in 80 KB. Made when first needed. */
function bombsOf(): NonNullable<typeof bombs> {
  const zeros = Buffer.alloc(80_000_000, 0x20);
  bombs ??= { gzip: gzipSync(zeros), brotli: brotliCompressSync(zeros.subarray(0, 8_000_000)) };
  return bombs;
}

function encoded(
  name: string,
  coding: string,
  encode: (body: Buffer) => Buffer,
  more: Partial<Misbehaviour> = {},
): Misbehaviour {
  return {
    name,
    ...more,
    play: (wire, good) =>
      wire.reply(
        good.status,
        { ...good.headers, "content-encoding": coding },
        encode(wholeBody(good)),
      ),
  };
}

/** A body that is JSON, or nearly, and not what was asked for. */
function text(name: string, body: string): Misbehaviour {
  return {
    name,
    play: (wire, good) =>
      wire.reply(200, { ...good.headers, "content-type": "application/json" }, body),
  };
}

/** Whole bodies that are none. */
export const badBodies: readonly Misbehaviour[] = [
  { name: "empty", play: replyWith(() => "") },
  {
    name: "page",
    play: (wire) =>
      wire.reply(200, { "content-type": "text/html" }, "<html><script>alert(1)</script></html>"),
  },
  { name: "half", play: replyWith((good) => half(wholeBody(good))) },
  {
    name: "half-under-whole-length",
    play: (wire, good) => {
      wire.head(200, { ...good.headers, "content-length": wholeBody(good).length });
      wire.write(half(wholeBody(good)));
      wire.end();
    },
  },
  {
    name: "not-utf-8",
    play: replyWith((good, { random }) => {
      const body = Buffer.from(wholeBody(good));
      for (let count = 0; count < 4; count += 1) body[random.int(body.length)] = 0xff;
      return body;
    }),
  },
  {
    name: "utf-16",
    play: replyWith((good) => Buffer.from(`\ufeff${wholeBody(good).toString()}`, "utf16le")),
  },
  { name: "marked", play: replyWith((good) => `\ufeff${wholeBody(good).toString()}`) },
  {
    name: "another-type",
    play: (wire, good) => wire.reply(200, { "content-type": "text/plain" }, wholeBody(good)),
  },
  {
    name: "html-type",
    play: (wire, good) => wire.reply(200, { "content-type": "text/html" }, wholeBody(good)),
  },
  { name: "no-type", play: (wire, good) => wire.reply(200, {}, wholeBody(good)) },
  {
    name: "event-type",
    play: (wire, good) => wire.reply(200, { "content-type": "text/event-stream" }, wholeBody(good)),
  },
  {
    name: "aws-type",
    play: (wire, good) =>
      wire.reply(200, { "content-type": "application/vnd.amazon.eventstream" }, wholeBody(good)),
  },
  {
    name: "line-type",
    play: (wire, good) =>
      wire.reply(200, { "content-type": "application/x-ndjson" }, wholeBody(good)),
  },
  {
    name: "gzip-bomb",
    heavy: true,
    play: (wire, good) =>
      wire.reply(200, { ...good.headers, "content-encoding": "gzip" }, bombsOf().gzip),
  },
  {
    name: "gzip-bomb-of-a-failure",
    heavy: true,
    saysFailure: true,
    play: (wire) =>
      wire.reply(
        500,
        { "content-type": "application/json", "content-encoding": "gzip" },
        bombsOf().gzip,
      ),
  },
  {
    name: "brotli-bomb",
    heavy: true,
    play: (wire, good) =>
      wire.reply(200, { ...good.headers, "content-encoding": "br" }, bombsOf().brotli),
  },
  encoded("gzip-eight-times", Array(8).fill("gzip").join(","), (body) =>
    Array(8)
      .fill(0)
      .reduce<Buffer>((bytes) => gzipSync(bytes), body),
  ),
  encoded("three-thousand-codings", Array(3000).fill("gzip").join(","), (body) => gzipSync(body)),
  encoded("gzip-cut", "gzip", (body) => half(gzipSync(body))),
  encoded("gzip-that-is-none", "gzip", (body) => body),
  encoded("gzip-and-more", "gzip", (body) => Buffer.concat([gzipSync(body), Buffer.from("more")])),
  encoded("brotli-that-is-none", "br", (body) => body),
  encoded("zstd-cut", "zstd", (body) => half(zstdCompressSync(body))),
  encoded("raw-deflate", "deflate", (body) => deflateRawSync(body)),
  encoded("coding-that-nobody-knows", "x-nonesuch", (body) => body),
  encoded("coding-of-no-name", ",,, ,", (body) => body),
  text("json-null", "null"),
  text("json-array", "[]"),
  text("json-number", "7"),
  text("json-text", '"text"'),
  text("json-empty-object", "{}"),
  text("json-brace", "{"),
  text("json-deep", `${"[".repeat(200_000)}${"]".repeat(200_000)}`),
  text("json-deep-objects", `${'{"a":'.repeat(100_000)}1${"}".repeat(100_000)}`),
  text("json-digits", `{"id":${"9".repeat(200_000)}}`),
  text(
    "json-long-text",
    JSON.stringify({ choices: [{ message: { content: "x".repeat(2_000_000) } }] }),
  ),
  text(
    "json-many-members",
    `{${Array.from({ length: 20_000 }, (_, at) => `"k${at}":0`).join(",")}}`,
  ),
  text("json-same-members", `{${'"choices":[],'.repeat(20_000)}"id":"x"}`),
  text("json-proto", '{"__proto__":{"choices":[{}]},"constructor":{"prototype":{"x":1}}}'),
  {
    name: "json-twice",
    play: replyWith((good) => Buffer.concat([wholeBody(good), wholeBody(good)])),
  },
  {
    name: "json-comment",
    play: replyWith((good) => `/* hello */ ${wholeBody(good).toString()} // bye`),
  },
  {
    name: "quote-not-escaped",
    play: replyWith((good) =>
      wholeBody(good)
        .toString()
        .replace(/"([\w ]{3,})"/, '"$1"x"'),
    ),
  },
  {
    name: "control-in-text",
    play: replyWith((good) =>
      wholeBody(good)
        .toString()
        .replace(/"([\w ]{3,})"/, '"$1\u0001\n"'),
    ),
  },
  {
    name: "body-for-ever",
    slow: true,
    heavy: true,
    play: (wire, good) => {
      wire.head(200, good.headers);
      wire.write('{"choices":[{"message":{"content":"');
      return wire.pump(() => "x".repeat(65_536), 100_000_000);
    },
  },
  {
    name: "announces-100-mb",
    play: (wire, good) => {
      wire.head(200, { ...good.headers, "content-length": 100_000_000 });
      wire.write(wholeBody(good));
      wire.end();
    },
  },
  {
    name: "body-by-drops",
    slow: true,
    play: (wire, good) => {
      const body = wholeBody(good);
      wire.head(200, good.headers);
      return wire.drip((at) => (at < body.length ? body.subarray(at, at + 1) : undefined), 20, 400);
    },
  },
  {
    name: "body-then-silence",
    slow: true,
    play: (wire, good) => {
      wire.head(200, { ...good.headers, "content-length": wholeBody(good).length });
      wire.write(half(wholeBody(good)));
      return wire.closed;
    },
  },
  {
    name: "fin-in-body",
    play: (wire, good) => {
      wire.write("HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n");
      wire.write(`content-type: ${String(good.headers["content-type"])}\r\n\r\nffff\r\n`);
      wire.write(half(wholeBody(good)));
      wire.end();
    },
  },
  {
    name: "reset-in-body",
    play: async (wire, good) => {
      wire.head(200, good.headers);
      wire.write(half(wholeBody(good)));
      await wire.drip(() => "", 5, 2);
      wire.reset();
    },
  },
];
