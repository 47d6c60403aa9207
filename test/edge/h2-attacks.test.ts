import { once } from "node:events";
import { connect as connectH2 } from "node:http2";
import { connect as connectTcp, type Socket } from "node:net";
import { describe, expect, onTestFinished, test, vi } from "vitest";
import { field, frame, opening, requestFields } from "./h2-frames.ts";
import { startServer } from "./start-server.ts";

const [data, headers, priority, reset, settings, push, ping, goaway, windowUpdate, continuation] = [
  0, 1, 2, 3, 4, 5, 6, 7, 8, 9,
];
const [endStream, endHeaders] = [1, 4];
const number = (value: number) => {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32BE(value);
  return bytes;
};
/** The stream of the nth request. */
const nth = (index: number) => 2 * index + 1;
const get = (index: number) => frame(headers, endStream | endHeaders, nth(index), requestFields());
const open = (index: number) => frame(headers, endHeaders, nth(index), requestFields("POST"));

/** Frames that a peer might send: the nth of a flood. */
const floods: readonly (readonly [title: string, frameAt: (index: number) => Buffer])[] = [
  [
    "streams that are reset at once",
    (at) => Buffer.concat([get(at), frame(reset, 0, nth(at), number(8))]),
  ],
  [
    "streams whose window overflows",
    (at) => Buffer.concat([get(at), frame(windowUpdate, 0, nth(at), number(0x7fffffff))]),
  ],
  [
    "header blocks that never end",
    (at) =>
      at === 0 ? frame(headers, 0, 1, requestFields()) : frame(continuation, 0, 1, field("x", "y")),
  ],
  [
    "empty continuations",
    (at) => (at === 0 ? frame(headers, 0, 1, requestFields()) : frame(continuation, 0, 1)),
  ],
  ["pings", () => frame(ping, 0, 0, Buffer.alloc(8))],
  ["settings", () => frame(settings, 0, 0, Buffer.from([0, 4, 0, 0, 0xff, 0xff]))],
  [
    "settings that shrink the header table",
    (at) => frame(settings, 0, 0, Buffer.from([0, 1, 0, 0, 0, at % 2])),
  ],
  ["priorities", (at) => frame(priority, 0, nth(at), Buffer.from([0, 0, 0, 0, 1]))],
  ["empty data", (at) => (at === 0 ? open(0) : frame(data, 0, 1))],
  [
    "data of nothing but padding",
    (at) => (at === 0 ? open(0) : frame(data, 8, 1, Buffer.from([3, 0, 0, 0]))),
  ],
  ["frames of unknown types", () => frame(0xee, 0, 0, Buffer.alloc(100))],
  ["window updates of one byte", () => frame(windowUpdate, 0, 0, number(1))],
  ["requests beyond the number that is allowed", get],
  ["open requests that never go on", open],
];

/** Bytes that break the protocol. */
const breaches: readonly (readonly [title: string, bytes: Buffer])[] = [
  ["a frame above the size that is allowed", frame(data, 0, 1, Buffer.alloc(20_000))],
  ["data on the connection itself", frame(data, 0, 0, Buffer.alloc(1))],
  ["data on a stream that was never opened", frame(data, 0, 9, Buffer.alloc(1))],
  ["a stream of the server's numbers", frame(headers, endStream | endHeaders, 2, requestFields())],
  ["a number that goes back", Buffer.concat([get(5), get(3)])],
  ["a push by a client", frame(push, endHeaders, 1, Buffer.concat([number(2), requestFields()]))],
  ["settings that confirm something and say something", frame(settings, 1, 0, Buffer.alloc(6))],
  ["settings of half a parameter", frame(settings, 0, 0, Buffer.alloc(5))],
  ["a window that overflows", frame(windowUpdate, 0, 0, number(0x7fffffff))],
  ["a window update of nothing", frame(windowUpdate, 0, 0, number(0))],
  ["a ping of the wrong length", frame(ping, 0, 0, Buffer.alloc(7))],
  ["a goaway with an error", frame(goaway, 0, 0, Buffer.concat([number(0), number(2)]))],
  ["a reset of a stream that was never opened", frame(reset, 0, 7, number(8))],
  ["a continuation of nothing", frame(continuation, endHeaders, 1, requestFields())],
  [
    "a header block that cannot be read",
    frame(headers, endStream | endHeaders, 1, Buffer.alloc(50, 0xff)),
  ],
  ["no more than half a preface", Buffer.alloc(0)],
];

async function openAttack(
  limits: object = {},
): Promise<{ socket: Socket; expectServed: () => Promise<void> }> {
  const errors: unknown[] = [];
  const { server, port, url } = await startServer({
    limits,
    onError: (_exchange, error) => errors.push(error),
  });
  const socket = connectTcp({ port, host: "127.0.0.1" });
  socket.on("error", () => undefined);
  onTestFinished(() => void socket.destroy());
  await once(socket, "connect");
  return {
    socket,
    async expectServed() {
      const session = connectH2(url);
      onTestFinished(() => session.destroy());
      const [head] = await once(session.request({ ":path": "/" }), "response");
      expect(head[":status"]).toBe(200);
      session.destroy();
      socket.destroy();
      await vi.waitUntil(() => server.connections === 0 && server.active === 0, {
        timeout: 50_000,
        interval: 5,
      });
      expect(errors.filter((error) => !String(error).includes("ClientGoneError"))).toEqual([]);
    },
  };
}

/** Resolves when the bytes are taken, or the connection is gone. */
function send(socket: Socket, bytes: Uint8Array): Promise<void> {
  return new Promise((resolve) => {
    if (socket.destroyed) return resolve();
    socket.once("close", () => resolve());
    socket.write(bytes, () => resolve());
  });
}

describe("an HTTP/2 client that floods its connection harms nobody else and leaves nothing behind, by", () => {
  test.for(floods)("%s", async ([, frameAt]) => {
    const { socket, expectServed } = await openAttack();
    socket.setMaxListeners(0);
    socket.resume();
    await send(socket, opening);
    for (let batch = 0; batch < 40 && !socket.destroyed; batch += 1) {
      const frames = Array.from({ length: 250 }, (_, index) => frameAt(250 * batch + index));
      await send(socket, Buffer.concat(frames));
    }
    await expectServed();
  });
});

describe("an HTTP/2 client that breaks the protocol harms nobody else and leaves nothing behind, by", () => {
  test.for(breaches)("%s", async ([title, bytes]) => {
    const { socket, expectServed } = await openAttack({ headersTimeoutMs: 100 });
    socket.resume();
    const half = title.includes("preface");
    await send(socket, half ? opening.subarray(0, 10) : Buffer.concat([opening, bytes]));
    if (half) await once(socket, "close");
    await expectServed();
  });
});
