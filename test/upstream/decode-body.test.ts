import type { ServerResponse } from "node:http";
import type { Transform } from "node:stream";
import {
  brotliCompressSync,
  createBrotliCompress,
  createDeflate,
  createGzip,
  createZstdCompress,
  deflateRawSync,
  deflateSync,
  gzipSync,
  zstdCompressSync,
} from "node:zlib";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { decodeBody } from "../../src/upstream/decode-body.ts";
import { drain, failureOf, openUpstream, post, serveHttp } from "./servers.ts";

const plain = Buffer.from("hello é ".repeat(2000));
const codings: readonly [string, (input: Uint8Array) => Buffer][] = [
  ["gzip", gzipSync],
  ["x-gzip", gzipSync],
  ["deflate", deflateSync],
  ["deflate", deflateRawSync],
  ["br", brotliCompressSync],
  ["zstd", zstdCompressSync],
  ["GZIP", gzipSync],
  ["gzip, br", (input) => brotliCompressSync(gzipSync(input))],
];

const serve = (encoding: string, body: Buffer): Promise<string> =>
  serveHttp((_request, response) =>
    response.writeHead(200, { "content-encoding": encoding }).end(body),
  );

for (const [encoding, compress] of codings) {
  describe(`Content-Encoding ${encoding} by ${compress.name || "both"}`, () => {
    test("is undone, and is not in the headers any more", async () => {
      const reply = await openUpstream().request(post(await serve(encoding, compress(plain))));
      expect(Buffer.from(await reply.body.bytes()).equals(plain)).toBe(true);
      expect(Object.keys(reply.headers)).not.toContain("content-encoding");
      expect(Object.keys(reply.headers)).not.toContain("content-length");
    });

    test("is bad_encoding when the data is truncated", async () => {
      const compressed = compress(plain);
      const reply = await openUpstream().request(
        post(await serve(encoding, compressed.subarray(0, compressed.length - 5))),
      );
      expect(await failureOf(reply.body.bytes())).toMatchObject({
        name: "UpstreamError",
        kind: "bad_encoding",
      });
    });

    test("is bad_encoding when the data is something else", async () => {
      const reply = await openUpstream().request(
        post(await serve(encoding, Buffer.from('{"error":"not compressed at all"}'))),
      );
      expect((await drain(reply.body.chunks())).failure).toMatchObject({ kind: "bad_encoding" });
    });

    test("leaves an empty body empty", async () => {
      const reply = await openUpstream().request(post(await serve(encoding, Buffer.alloc(0))));
      expect((await reply.body.bytes()).length).toBe(0);
    });

    test("does not depend on how the data is cut", async () => {
      const small = Buffer.from("some text, some text, some more text");
      const compressed = compress(small);
      await fc.assert(
        fc.asyncProperty(fc.array(fc.nat(compressed.length), { maxLength: 6 }), async (cuts) => {
          const edges = [0, ...cuts.sort((a, b) => a - b), compressed.length];
          const pieces = edges
            .slice(1)
            .map((edge, index) => compressed.subarray(edges[index], edge));
          const chunks = pieces.filter((piece) => piece.length > 0);
          expect(await drain(decodeBody(encoding, generate(chunks)))).toEqual({
            text: small.toString(),
            failure: undefined,
          });
        }),
        { numRuns: 30 },
      );
    });
  });
}

const streams: readonly [string, () => Transform & { flush(): void }][] = [
  ["gzip", createGzip],
  ["deflate", createDeflate],
  ["br", createBrotliCompress],
  ["zstd", createZstdCompress],
];
for (const [encoding, create] of streams) {
  test(`a stream by ${encoding} gives what the upstream has flushed, before more comes`, async () => {
    const encoder = create();
    const origin = await serveHttp((_request, response) => {
      response.writeHead(200, { "content-encoding": encoding });
      encoder.pipe(response);
      encoder.write("data: one\n\n");
      encoder.flush();
    });
    const reply = await openUpstream().request(post(origin));
    const chunks = reply.body.chunks()[Symbol.asyncIterator]();
    expect(Buffer.from((await chunks.next()).value).toString()).toBe("data: one\n\n");
    encoder.end("data: two\n\n");
    expect(Buffer.from((await chunks.next()).value).toString()).toBe("data: two\n\n");
    expect((await chunks.next()).done).toBe(true);
  });
}

test("the bound counts decompressed bytes", async () => {
  const reply = await openUpstream().request(
    post(await serve("gzip", gzipSync(Buffer.alloc(10_000_000)))),
  );
  expect(await failureOf(reply.body.bytes(1_000_000))).toMatchObject({ kind: "too_large" });
});

test("an unknown encoding is bad_encoding", async () => {
  const reply = await openUpstream().request(post(await serve("compress", Buffer.from("x"))));
  expect(await failureOf(reply.body.bytes())).toMatchObject({ kind: "bad_encoding" });
});

test("a connection lost within compressed data is cut", async () => {
  const origin = await serveHttp((_request, response) => {
    response.writeHead(200, { "content-encoding": "gzip", "content-length": "1000" });
    response.write(gzipSync(plain).subarray(0, 50), () => response.destroy());
  });
  const reply = await openUpstream().request(post(origin));
  expect(await failureOf(reply.body.bytes())).toMatchObject({ kind: "cut" });
});

const leavers: readonly [
  string,
  (body: { chunks(): AsyncIterable<Uint8Array>; cancel(): void }) => Promise<void>,
][] = [
  [
    "leaves the loop",
    async (body) => {
      for await (const _chunk of body.chunks()) break;
    },
  ],
  [
    "cancels during a read",
    async (body) => {
      const iterator = body.chunks()[Symbol.asyncIterator]();
      await iterator.next();
      const reading = failureOf(iterator.next());
      body.cancel();
      expect(await reading).toMatchObject({ kind: "aborted" });
    },
  ],
];
for (const [title, leave] of leavers) {
  test(`the upstream connection closes when a reader of compressed data ${title}`, async () => {
    const gone = Promise.withResolvers<void>();
    const gzip = createGzip();
    const origin = await serveHttp((_request, response: ServerResponse) => {
      response.on("close", gone.resolve).writeHead(200, { "content-encoding": "gzip" });
      gzip.on("data", (chunk) => response.write(chunk));
      gzip.write("one");
      gzip.flush();
    });
    const reply = await openUpstream().request(post(origin));
    await leave(reply.body);
    await gone.promise;
  });
}

async function* generate(pieces: readonly Uint8Array[]): AsyncGenerator<Uint8Array, undefined> {
  yield* pieces;
}

describe("a list of codings", () => {
  const listed = (count: number) => Array.from({ length: count }, () => "gzip").join(",");

  test("may be as long as ours may", async () => {
    let body: Buffer = plain;
    for (let times = 0; times < 5; times += 1) body = gzipSync(body);
    const reply = await openUpstream().request(post(await serve(`identity, ${listed(5)}`, body)));
    expect(Buffer.from(await reply.body.bytes()).equals(plain)).toBe(true);
  });

  for (const count of [6, 2000]) {
    test(`of ${count} is bad_encoding before anything is decoded, and lets go of the connection`, async () => {
      const unhandled: unknown[] = [];
      const note = (error: unknown) => void unhandled.push(error);
      process.on("unhandledRejection", note);
      const origin = await serve(listed(count), gzipSync(plain));
      const upstream = openUpstream({ connections: 1 });
      for (let times = 0; times < 2; times += 1) {
        const reply = await upstream.request(post(origin));
        const failure = await failureOf(reply.body.bytes());
        expect(failure).toMatchObject({ name: "UpstreamError", kind: "bad_encoding" });
        expect(failure.message).toBe(
          `the reply has a list of ${count} content codings; 5 are the most that are undone`,
        );
      }
      process.off("unhandledRejection", note);
      expect(unhandled).toEqual([]);
    });
  }

  test("that nobody knows is named in a few words", async () => {
    const reply = await openUpstream().request(post(await serve("x".repeat(5000), plain)));
    const failure = await failureOf(reply.body.bytes());
    expect(failure).toMatchObject({ kind: "bad_encoding" });
    expect(failure.message.length).toBeLessThan(200);
  });
});
