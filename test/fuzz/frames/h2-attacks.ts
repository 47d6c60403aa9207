import { callerKeys, promptMark } from "../fuzz-config.ts";
import {
  fieldBlock,
  flags,
  frame,
  hpackInteger,
  hpackText,
  preface,
  request,
  reset,
  settings,
  types,
  uint32,
} from "./h2-frames.ts";

/** Bytes for a connection over HTTP/2, in pieces, with what a client should not do. */
export interface FrameAttack {
  readonly name: string;
  readonly pieces: () => readonly Buffer[];
}

const get: readonly (readonly [string, string])[] = [
  [":method", "GET"],
  [":scheme", "http"],
  [":authority", "127.0.0.1"],
  [":path", "/v1/models"],
  ["authorization", `Bearer ${callerKeys.caller}`],
];
const body = (stream: boolean, words = 50): Buffer =>
  Buffer.from(
    JSON.stringify({
      model: `sim/lorem-${words}`,
      stream,
      messages: [{ role: "user", content: promptMark }],
    }),
  );
const post = (length: number): readonly (readonly [string, string])[] => [
  [":method", "POST"],
  [":scheme", "http"],
  [":authority", "127.0.0.1"],
  [":path", "/v1/chat/completions"],
  ["authorization", `Bearer ${callerKeys.caller}`],
  ["content-type", "application/json"],
  ["content-length", String(length)],
];
const hello = Buffer.concat([preface, settings()]);

/** Stream ids of clients are odd. */
const ids = (count: number): number[] => Array.from({ length: count }, (_, at) => 2 * at + 1);
const times = (count: number, piece: Buffer): Buffer =>
  Buffer.concat(Array<Buffer>(count).fill(piece));
const each = (count: number, make: (id: number) => Buffer): Buffer =>
  Buffer.concat(ids(count).map(make));

function attack(name: string, ...pieces: readonly (Buffer | (() => Buffer))[]): FrameAttack {
  return {
    name,
    pieces: () => [
      hello,
      ...pieces.map((piece) => (typeof piece === "function" ? piece() : piece)),
    ],
  };
}

const noFlag = 0;
const open = flags.endHeaders;
const chat = (id: number, stream = true, words = 50): Buffer => {
  const sent = body(stream, words);
  return Buffer.concat([
    request(id, post(sent.length), open),
    frame(types.data, flags.endStream, id, sent),
  ]);
};
const withoutField = (name: string) => get.filter(([each]) => each !== name);

/** Floods, frames that lie, and streams that are not what they should be. */
export const h2Attacks: readonly FrameAttack[] = [
  attack("rapid-reset", () => each(1200, (id) => Buffer.concat([request(id, get), reset(id)]))),
  attack("rapid-reset-of-open-requests", () =>
    each(1200, (id) => Buffer.concat([request(id, post(10), open), reset(id)])),
  ),
  attack("reset-of-calls-that-run", () => each(300, (id) => Buffer.concat([chat(id), reset(id)]))),
  attack("continue-then-reset", () =>
    each(200, (id) =>
      Buffer.concat([request(id, [...post(10), ["expect", "100-continue"]], open), reset(id)]),
    ),
  ),
  attack("continuation-for-ever", request(1, get, noFlag), () =>
    times(20_000, frame(types.continuation, noFlag, 1, fieldBlock([["a", "b"]]))),
  ),
  attack("empty-continuation-for-ever", request(1, get, noFlag), () =>
    times(50_000, frame(types.continuation, noFlag, 1)),
  ),
  attack(
    "frame-within-fields",
    request(1, get, noFlag),
    frame(types.ping, noFlag, 0, Buffer.alloc(8)),
  ),
  attack("pings", () => times(60_000, frame(types.ping, noFlag, 0, Buffer.alloc(8)))),
  attack("answers-to-no-ping", () =>
    times(60_000, frame(types.ping, flags.ack, 0, Buffer.alloc(8))),
  ),
  attack("settings", () => times(40_000, settings([3, 100]))),
  attack("answers-to-no-settings", () => times(40_000, frame(types.settings, flags.ack, 0))),
  attack("settings-of-a-thousand-entries", () =>
    times(20, settings(...Array.from({ length: 2000 }, (_, at) => [at & 0xffff, at] as const))),
  ),
  attack("settings-out-of-range", settings([5, 0], [4, 2 ** 31], [2, 7])),
  attack("settings-of-a-stream", frame(types.settings, noFlag, 1)),
  attack("settings-cut", frame(types.settings, noFlag, 0, Buffer.alloc(5))),
  attack("table-sizes", () => times(20_000, settings([1, 0], [1, 2 ** 31]))),
  attack("priorities", () =>
    times(60_000, frame(types.priority, noFlag, 1, Buffer.from([0, 0, 0, 3, 7]))),
  ),
  attack(
    "priority-of-itself",
    frame(
      types.headers,
      flags.endStream | flags.endHeaders | flags.priority,
      1,
      Buffer.concat([Buffer.from([0, 0, 0, 1, 7]), fieldBlock(get)]),
    ),
  ),
  attack("window-updates", () => times(60_000, frame(types.window, noFlag, 0, uint32(1)))),
  attack("window-too-large", () => times(3, frame(types.window, noFlag, 0, uint32(2 ** 31 - 1)))),
  attack("window-of-a-stream-too-large", chat(1), () =>
    times(3, frame(types.window, noFlag, 1, uint32(2 ** 31 - 1))),
  ),
  attack("window-of-zero", frame(types.window, noFlag, 0, uint32(0))),
  attack("empty-data", request(1, post(10), open), () =>
    times(60_000, frame(types.data, noFlag, 1)),
  ),
  attack("padded-empty-data", request(1, post(10), open), () =>
    times(
      2000,
      frame(types.data, flags.padded, 1, Buffer.concat([Buffer.from([255]), Buffer.alloc(255)])),
    ),
  ),
  attack("nothing-may-be-sent", settings([4, 0]), () => each(50, (id) => chat(id, true, 2000))),
  attack("a-byte-may-be-sent", settings([4, 1]), () => each(50, (id) => chat(id, false, 500))),
  attack("window-shrinks", () => each(30, (id) => chat(id)), settings([4, 0])),
  attack("stream-of-even-id", request(2, get)),
  attack("stream-of-id-zero", request(0, get)),
  attack("streams-backwards", request(9, get), request(3, get)),
  attack("same-stream-twice", request(1, get), request(1, get)),
  attack("streams-beyond-the-limit", () => each(2500, (id) => request(id, post(10), open))),
  attack("last-stream-id", request(2 ** 31 - 1, get), request(2 ** 31 - 1, get)),
  attack("data-after-the-end", request(1, get), frame(types.data, noFlag, 1, Buffer.from("x"))),
  attack("data-of-no-stream", frame(types.data, noFlag, 7, Buffer.from("x"))),
  attack("data-of-stream-zero", frame(types.data, noFlag, 0, Buffer.from("x"))),
  attack("reset-of-no-stream", reset(9)),
  attack("resets-of-one-stream", request(1, get), () => times(20_000, reset(1))),
  attack(
    "more-than-was-announced",
    request(1, post(3), open),
    frame(types.data, flags.endStream, 1, body(false)),
  ),
  attack(
    "less-than-was-announced",
    request(1, post(9999), open),
    frame(types.data, flags.endStream, 1, body(false)),
  ),
  attack("frame-of-16-mb", frame(types.data, noFlag, 1, Buffer.alloc(1000), 2 ** 24 - 1)),
  attack("frame-beyond-the-limit", request(1, post(20_000), open), () =>
    frame(types.data, noFlag, 1, Buffer.alloc(20_000)),
  ),
  attack("frame-cut", frame(types.headers, noFlag, 1, Buffer.alloc(3), 30)),
  attack("frames-of-unknown-types", () => times(40_000, frame(0xbe, 0xff, 1, Buffer.from("x")))),
  attack(
    "padding-longer-than-frame",
    request(1, post(10), open),
    frame(types.data, flags.padded, 1, Buffer.from([200, 1, 2])),
  ),
  attack(
    "pushed-stream",
    frame(types.push, flags.endHeaders, 1, Buffer.concat([uint32(2), fieldBlock(get)])),
  ),
  attack(
    "goaway-then-requests",
    chat(1),
    frame(types.goaway, noFlag, 0, Buffer.concat([uint32(0), uint32(0)])),
    () => each(50, (id) => chat(id + 2)),
  ),
  attack("goaways", () =>
    times(
      20_000,
      frame(types.goaway, noFlag, 0, Buffer.concat([uint32(0), uint32(0), Buffer.alloc(30)])),
    ),
  ),
  attack("hpack-bomb", () => {
    // One large entry of the table, named again and again.
    const entry = Buffer.concat([
      Buffer.from([0x40]),
      hpackText("x-bomb"),
      hpackText("y".repeat(3500)),
    ]);
    const again = times(12_000, Buffer.from([0x80 | 62]));
    return frame(
      types.headers,
      flags.endStream | flags.endHeaders,
      1,
      Buffer.concat([fieldBlock(get), entry, again]),
    );
  }),
  attack(
    "hpack-index-of-nothing",
    frame(types.headers, flags.endStream | flags.endHeaders, 1, Buffer.from([0xff, 0xff, 0x7f])),
  ),
  attack(
    "hpack-integer-too-large",
    frame(
      types.headers,
      flags.endStream | flags.endHeaders,
      1,
      Buffer.from([0x7f, ...Array(30).fill(0xff)]),
    ),
  ),
  attack(
    "hpack-table-too-large",
    frame(
      types.headers,
      flags.endStream | flags.endHeaders,
      1,
      Buffer.concat([hpackInteger(2 ** 31, 5, 0x20), fieldBlock(get)]),
    ),
  ),
  attack(
    "hpack-cut",
    frame(types.headers, flags.endStream | flags.endHeaders, 1, fieldBlock(get).subarray(0, -20)),
  ),
  attack(
    "fields-beyond-the-limit",
    () => frame(types.headers, noFlag, 1, fieldBlock(get)),
    () => times(30, frame(types.continuation, noFlag, 1, fieldBlock([["x", "y".repeat(16_000)]]))),
  ),
  attack("ten-thousand-fields", request(1, get, flags.endStream), () =>
    frame(types.continuation, flags.endHeaders, 1, times(4000, fieldBlock([["a", "b"]]))),
  ),
  attack("no-method", request(1, withoutField(":method"))),
  attack("no-path", request(1, withoutField(":path"))),
  attack("no-authority", request(1, withoutField(":authority"))),
  attack("method-twice", request(1, [[":method", "POST"], ...get])),
  attack("pseudo-field-last", request(1, [...withoutField(":path"), [":path", "/"]])),
  attack("unknown-pseudo-field", request(1, [[":status", "200"], ...get])),
  attack("name-in-capitals", request(1, [...get, ["X-A", "b"]])),
  attack(
    "connection-fields",
    request(1, [...get, ["connection", "close"], ["transfer-encoding", "chunked"]]),
  ),
  attack(
    "line-ends-in-fields",
    request(1, [...get, ["x-a", "b\r\nx-injected: 1"], ["x-b", "\u0000"]]),
  ),
  attack(
    "line-ends-in-path",
    request(1, [...withoutField(":path"), [":path", "/healthz HTTP/1.1\r\nx: y"]]),
  ),
  attack(
    "path-that-is-none",
    request(1, [...withoutField(":path"), [":path", ""]]),
    request(3, [...withoutField(":path"), [":path", "no-slash"]]),
  ),
  attack("two-hosts", request(1, [...get, ["host", "evil.example"]])),
  attack(
    "tunnel",
    request(
      1,
      [
        [":method", "CONNECT"],
        [":authority", "127.0.0.1:22"],
      ],
      open,
    ),
  ),
  attack(
    "trailers-of-a-request",
    request(1, post(1), open),
    frame(types.data, noFlag, 1, Buffer.from("{")),
    request(1, [["x-a", "b"]]),
  ),
  attack(
    "trailers-with-pseudo-fields",
    request(1, post(1), open),
    frame(types.data, noFlag, 1, Buffer.from("{")),
    request(1, get),
  ),
  attack("second-preface", preface),
  attack("first-request-of-http-1", Buffer.from("GET / HTTP/1.1\r\nhost: x\r\n\r\n")),
  { name: "preface-cut", pieces: () => [preface.subarray(0, 20)] },
  { name: "preface-without-settings", pieces: () => [preface] },
  { name: "preface-then-garbage", pieces: () => [preface, Buffer.alloc(3000, 0xa5)] },
  {
    name: "preface-wrong-at-its-end",
    pieces: () => [Buffer.from("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\r")],
  },
];
