import { connect as connectTcp } from "node:net";
import { describe, expect, onTestFinished, test, vi } from "vitest";
import type { Exchange } from "../../src/edge/http/exchange.ts";
import { ClientGoneError } from "../../src/edge/http/http-error.ts";
import { startServer } from "./start-server.ts";

/** One HTTP/2 frame. */
function frame(type: number, flags: number, stream: number, payload: Uint8Array = new Uint8Array()): Buffer {
  const head = Buffer.alloc(9);
  head.writeUIntBE(payload.length, 0, 3);
  head.writeUInt8(type, 3);
  head.writeUInt8(flags, 4);
  head.writeUInt32BE(stream, 5);
  return Buffer.concat([head, payload]);
}

/** A field of a header block: literal, without indexing, its name and value as they are (RFC 7541 section 6.2.2). */
function field(name: string, value: string): Buffer {
  const text = (part: string) => Buffer.concat([Buffer.from([part.length]), Buffer.from(part)]);
  return Buffer.concat([Buffer.from([0]), text(name), text(value)]);
}

const uses: readonly (readonly [string, (exchange: Exchange) => Promise<unknown>])[] = [
  ["reads its body", (exchange) => exchange.readBody()],
  ["answers", async (exchange) => exchange.respond(200, [], "late")],
  [
    "streams an answer with trailers",
    async (exchange) => {
      const stream = exchange.startStream(200, [], { trailers: true });
      await stream.write("late");
      stream.end(["grpc-status", "0"]);
    },
  ],
];

describe("a stream of HTTP/2 that is reset in the breath that opens it is a client that left, and no bug", () => {
  const head = [field(":method", "POST"), field(":scheme", "http"), field(":path", "/"), field(":authority", "a")];
  for (const [title, fields] of [
    ["with an expectation", [...head, field("expect", "100-continue")]],
    ["without", head],
  ] as const) {
    for (const [use, run] of uses) {
      test(`${title}, when the handler ${use}`, async () => {
        const outcome = Promise.withResolvers<unknown>();
        const { server, port } = await startServer({
          async handler(exchange) {
            outcome.resolve(await run(exchange).catch((error: unknown) => error));
          },
        });
        const socket = connectTcp({ port, host: "127.0.0.1" });
        socket.on("error", () => undefined);
        onTestFinished(() => void socket.destroy());
        const preface = Buffer.concat([Buffer.from("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"), frame(4, 0, 0)]);
        const reset = frame(3, 0, 1, Buffer.from([0, 0, 0, 8]));
        socket.write(Buffer.concat([preface, frame(1, 4, 1, Buffer.concat(fields)), reset]));
        expect((await outcome.promise) ?? new ClientGoneError()).toBeInstanceOf(ClientGoneError);
        await vi.waitUntil(() => server.active === 0, { timeout: 14_000, interval: 5 });
      });
    }
  }
});
