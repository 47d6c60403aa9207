import { once } from "node:events";
import { connect as connectH2 } from "node:http2";
import { gunzipSync, gzipSync } from "node:zlib";
import { create, toBinary } from "@bufbuild/protobuf";
import { Code, ConnectError, type HandlerContext, type Interceptor } from "@connectrpc/connect";
import fc from "fast-check";
import { expect, test } from "vitest";
import {
  createFlagCheck,
  parseSingleEnvelope,
  printEnvelope,
} from "../../../src/edge/connect/envelope.ts";
import { type Note, NoteSchema } from "./echo-service.ts";
import { echoRoutes, startRpc } from "./start-rpc.ts";

const proto = (text: string, number = 2) =>
  Buffer.from(toBinary(NoteSchema, create(NoteSchema, { text, number })));
const plain = (text: string) => Buffer.from(printEnvelope(0, proto(text)));
const packed = (text: string) => Buffer.from(printEnvelope(1, gzipSync(proto(text))));

/**
 * Title, body, and what the request says of its encoding, with `E` for the protocol's own header
 * prefix.
 */
const bodies: readonly (readonly [string, Buffer, Record<string, string>])[] = [
  ["a message", plain("hello"), {}],
  ["an empty message", Buffer.alloc(5), {}],
  ["no message", Buffer.alloc(0), {}],
  ["two messages", Buffer.concat([plain("a"), plain("b")]), {}],
  ["half an envelope head", Buffer.alloc(3), {}],
  ["half a message", plain("hello").subarray(0, 8), {}],
  ["broken proto", Buffer.from(printEnvelope(0, Buffer.from([0x0a, 0xff]))), {}],
  ["a message above the limit", plain("x".repeat(20_000)), {}],
  ["a compressed message", packed("hello"), { encoding: "gzip" }],
  ["a compressed message without a declared encoding", packed("hello"), {}],
  ["a reserved flag", Buffer.from(printEnvelope(0b100, proto("hello"))), {}],
  ["the flag of an end", Buffer.from(printEnvelope(0b10, proto("hello"))), {}],
  ["the flag of trailers", Buffer.from(printEnvelope(0b10000000, proto("hello"))), {}],
  [
    "a compressed message with a reserved flag",
    Buffer.from(printEnvelope(0b101, gzipSync(proto("x")))),
    { encoding: "gzip" },
  ],
  ["an unknown encoding", plain("hello"), { encoding: "zstd" }],
  ["a compressed bomb", packed("0".repeat(100_000)), { encoding: "gzip" }],
  ["a large reply that may be compressed", plain("long"), { "accept-encoding": "identity,gzip" }],
  ["a timeout", plain("timeout"), { timeout: "5" }],
  ["a timeout that is none", plain("hello"), { timeout: "soon" }],
  ["a failure with details", plain("fail"), {}],
  ["a failure after a message", plain("late"), {}],
  ["a failure that is nobody's business", plain("crash"), {}],
  ["headers and trailers", plain("headers"), {}],
];

function reply(note: Note, context: HandlerContext): { text: string } {
  switch (note.text) {
    case "fail":
      throw new ConnectError("no ünit", Code.NotFound, { "x-why": "because" }, [
        { desc: NoteSchema, value: { text: "detail" } },
      ]);
    case "crash":
      throw new Error("secret");
    case "headers":
      context.responseHeader.append("x-many", "1");
      context.responseHeader.append("x-many", "2");
      context.responseTrailer.set("x-tail", "end");
      return { text: `${context.protocolName} ${context.requestHeader.get("x-case")}` };
    case "timeout":
      return { text: String((context.timeoutMs() ?? 0) > 4000) };
    case "long":
      return { text: "long ".repeat(5000) };
    default:
      return { text: `${note.text}!` };
  }
}

const routes = echoRoutes({
  echo: reply,
  async *count(note, context) {
    for (let count = 0; count < note.number; count++) yield reply(note, context);
    if (note.text === "late") throw new ConnectError("too late", Code.DataLoss);
  },
});

const protocols = [
  ["application/grpc", "Echo", "grpc-"],
  ["application/grpc+proto", "Count", "grpc-"],
  ["application/grpc-web+proto", "Echo", "grpc-"],
  ["application/grpc-web", "Count", "grpc-"],
  ["application/connect+proto", "Count", "connect-"],
] as const;

/** Names a header of the table for a protocol, with its value. */
function name(prefix: string, key: string, value: string): [string, string] {
  if (key !== "timeout")
    return [
      prefix === "connect-"
        ? `connect-${key === "encoding" ? "content-encoding" : key}`
        : `grpc-${key}`,
      value,
    ];
  return prefix === "connect-"
    ? ["connect-timeout-ms", value.replace(/^5$/, "5000")]
    : ["grpc-timeout", value.replace(/^5$/, "5S")];
}

async function call(
  url: string,
  path: string,
  headers: Record<string, string>,
  body: Buffer,
): Promise<unknown> {
  const session = connectH2(url);
  try {
    const stream = session.request({
      ":method": "POST",
      ":path": path,
      te: "trailers",
      ...headers,
    });
    let trailers: object = {};
    stream.on("trailers", (fields) => {
      trailers = { ...fields };
    });
    stream.end(body);
    const [head] = await once(stream, "response");
    const chunks = await stream.toArray();
    const { date: _date, "content-length": _length, ...rest } = head;
    const seen = JSON.stringify({ head: rest, body: unpack(Buffer.concat(chunks)), trailers });
    // The size in the message of a refusal is left out when the body was not read as far as its
    // envelope.
    return comparable(JSON.parse(seen.replace(/size( |%20)\d+/g, "size")));
  } finally {
    session.destroy();
  }
}

interface Seen {
  readonly head: Record<string, string>;
  readonly body: readonly string[];
  readonly trailers: Record<string, string>;
}

/**
 * A reply without the differences that are meant: a failure of gRPC before any message is
 * "Trailers-Only", grpc-message encodes only what it must, and what it is no use to try again is
 * marked so.
 */
function comparable({ head, body, trailers }: Seen): Seen {
  const decoded = (fields: Record<string, string>) =>
    Object.fromEntries(
      Object.entries(fields).map(([key, value]) => [
        key,
        key === "grpc-message" ? decodeURIComponent(value) : value,
      ]),
    );
  const shown = body.map((frame) =>
    frame
      .replace(/(?<=grpc-message: ).*(?=\r)/, (message) => decodeURIComponent(message))
      .replace(/grpc-retry-pushback-ms: .*\r\n/, ""),
  );
  const failedAtOnce = body.length === 0 && { ...head, ...trailers }["grpc-status"] !== "0";
  if (!failedAtOnce) return { head, body: shown, trailers: decoded(trailers) };
  const {
    "grpc-encoding": _encoding,
    "grpc-retry-pushback-ms": _pushback,
    ...all
  } = { ...head, ...trailers };
  return { head: decoded(all), body: shown, trailers: {} };
}

/** The messages of a reply; compressed ones are opened, because their bytes may differ. */
function unpack(body: Buffer): string[] {
  const messages: string[] = [];
  for (let at = 0; at < body.length; ) {
    const [flags, end] = [body[at] ?? 0, at + 5 + body.readUInt32BE(at + 1)];
    const data = body.subarray(at + 5, end);
    messages.push(`${flags} ${(flags === 1 ? gunzipSync(data) : data).toString("latin1")}`);
    at = end;
  }
  return messages;
}

for (const [type, method, prefix] of protocols) {
  test.for(bodies)(
    `answers %s in ${type} to ${method} as connect's own handler does`,
    async ([title, body, extra]) => {
      const fields = Object.entries(extra).map(([key, value]) => name(prefix, key, value));
      const headers = { "content-type": type, "x-case": title, ...Object.fromEntries(fields) };
      const replies: unknown[] = [];
      // An interceptor that changes nothing keeps calls on connect's own path.
      for (const interceptors of [[], [((next) => next) satisfies Interceptor]]) {
        const { url } = await startRpc({ routes, readMaxBytes: 10_000, interceptors });
        replies.push(await call(url, `/echo.v1.EchoService/${method}`, headers, body));
      }
      expect(replies[0]).toEqual(replies[1]);
    },
  );
}

test("flags that requests cannot have are found in whatever pieces a body comes", () => {
  const message = fc.record({
    flags: fc.constantFrom(0, 0, 0, 1, 2, 0x80),
    data: fc.uint8Array({ maxLength: 20 }),
  });
  fc.assert(
    fc.property(
      fc.array(message, { maxLength: 6 }),
      fc.array(fc.integer({ min: 1, max: 9 })),
      (messages, sizes) => {
        const body = Buffer.concat(messages.map(({ flags, data }) => printEnvelope(flags, data)));
        const check = createFlagCheck(Code.Internal);
        const run = () => {
          for (let at = 0, piece = 0; at < body.length; piece += 1) {
            const end = at + (sizes[piece] ?? body.length);
            check(body.subarray(at, end));
            at = end;
          }
        };
        if (messages.some(({ flags }) => flags > 1)) expect(run).toThrow("the flags");
        else run();
      },
    ),
  );
});

test("an envelope is read back as it was written, and no cut of it is", () => {
  fc.assert(
    fc.property(fc.uint8Array({ minLength: 1, maxLength: 200 }), fc.nat(199), (data, cut) => {
      const bytes = printEnvelope(0, data);
      expect(Buffer.from(parseSingleEnvelope(bytes, "unary", false).data).equals(data)).toBe(true);
      const part = bytes.subarray(0, cut % bytes.length);
      expect(() => parseSingleEnvelope(part, "unary", false)).toThrow(ConnectError);
    }),
  );
});
