import { gunzipSync, gzipSync } from "node:zlib";
import { create, toBinary } from "@bufbuild/protobuf";
import { Code, ConnectError, type Interceptor, type ServiceImpl } from "@connectrpc/connect";
import { request } from "undici";
import { expect, test } from "vitest";
import { type EchoService, NoteSchema } from "./echo-service.ts";
import { echoRoutes, startRpc } from "./start-rpc.ts";

const proto = (text: string) =>
  Buffer.from(toBinary(NoteSchema, create(NoteSchema, { text, number: 1 })));
const json = (value: unknown) => Buffer.from(JSON.stringify(value));
const asProto = { "content-type": "application/proto" };
const asJson = { "content-type": "application/json" };

/**
 * Title, request headers, body. Each is sent to the lean handler and to connect's own: the replies
 * must be equal.
 */
const cases: readonly (readonly [string, Record<string, string>, Buffer])[] = [
  ["a proto message", asProto, proto("hello")],
  ["a JSON message", asJson, json({ text: "hello", number: 1 })],
  [
    "JSON with a charset",
    { "content-type": "application/json; charset=utf-8" },
    json({ text: "ü" }),
  ],
  ["a media type in capitals", { "content-type": "Application/Proto" }, proto("hello")],
  ["an empty proto message", asProto, Buffer.alloc(0)],
  ["an empty JSON body", asJson, Buffer.alloc(0)],
  ["JSON of the wrong type", asJson, json({ text: 5 })],
  ["broken JSON", asJson, Buffer.from("{")],
  ["broken proto", asProto, Buffer.from([0x0a, 0xff])],
  ["a gzip body", { ...asProto, "content-encoding": "gzip" }, gzipSync(proto("packed"))],
  ["a body that is not gzip", { ...asProto, "content-encoding": "gzip" }, proto("hello")],
  ["an identity body", { ...asProto, "content-encoding": "identity" }, proto("hello")],
  ["an unknown encoding", { ...asProto, "content-encoding": "zstd" }, proto("hello")],
  ["a gzip bomb", { ...asProto, "content-encoding": "gzip" }, gzipSync(proto("0".repeat(100_000)))],
  [
    "a large reply that may be compressed",
    { ...asProto, "accept-encoding": "br;q=1, gzip" },
    proto("long"),
  ],
  ["a large reply that may not be compressed", asProto, proto("long")],
  ["a body above the limit", asProto, proto("x".repeat(20_000))],
  ["a timeout", { ...asProto, "connect-timeout-ms": "5000" }, proto("timeout")],
  ["a timeout that is no number", { ...asProto, "connect-timeout-ms": "soon" }, proto("hello")],
  ["a timeout above the longest", { ...asProto, "connect-timeout-ms": "999999" }, proto("hello")],
  ["an error with details and metadata", asProto, proto("fail")],
  ["an error that is nobody's business", asJson, json({ text: "crash" })],
  ["headers and trailers", asProto, proto("headers")],
  ["a reply that cannot be serialized", asProto, proto("unserializable")],
];

const implementation: ServiceImpl<typeof EchoService>["echo"] = (note, context) => {
  switch (note.text) {
    case "fail":
      throw new ConnectError(
        "no such note",
        Code.NotFound,
        { "x-why": "because", "content-type": "text/evil" },
        [{ desc: NoteSchema, value: { text: "detail" } }],
      );
    case "crash":
      throw new Error("secret");
    case "headers":
      context.responseHeader.append("x-many", "1");
      context.responseHeader.append("x-many", "2");
      context.responseTrailer.set("x-tail", "end");
      return {
        text: `${context.requestMethod} ${context.protocolName} ${context.requestHeader.get("x-case")} ${context.url.slice(-24)}`,
      };
    case "timeout":
      return { text: String((context.timeoutMs() ?? 0) > 4000) };
    case "long":
      return { text: "long ".repeat(5000) };
    case "unserializable":
      return { number: 2 ** 40 };
    default:
      return { text: `${note.text}!`, number: note.number };
  }
};

test.for(cases)("answers %s as connect's own handler does", async ([title, headers, body]) => {
  const options = {
    routes: echoRoutes({ echo: implementation }),
    readMaxBytes: 10_000,
    maxTimeoutMs: 60_000,
  };
  const replies = [];
  // An interceptor that changes nothing keeps calls on connect's own path.
  for (const interceptors of [[], [((next) => next) satisfies Interceptor]]) {
    const { url } = await startRpc({ ...options, interceptors });
    const reply = await request(`${url}/echo.v1.EchoService/Echo`, {
      method: "POST",
      headers: { ...headers, "x-case": title },
      body,
    });
    const bytes = Buffer.from(await reply.body.arrayBuffer());
    const { date: _date, "keep-alive": _keepAlive, ...rest } = reply.headers;
    const text =
      rest["content-encoding"] === "gzip" ? gunzipSync(bytes).toString() : bytes.toString("latin1");
    replies.push({ status: reply.statusCode, headers: rest, text: text.replaceAll(url, "") });
  }
  expect(replies[0]).toEqual(replies[1]);
});

test("the table covers good replies, every kind of error, and compression", async () => {
  const { url } = await startRpc({
    routes: echoRoutes({ echo: implementation }),
    readMaxBytes: 10_000,
    maxTimeoutMs: 60_000,
  });
  const statuses = new Set<number>();
  let compressed = 0;
  for (const [, headers, body] of cases) {
    const reply = await request(`${url}/echo.v1.EchoService/Echo`, {
      method: "POST",
      headers,
      body,
    });
    statuses.add(reply.statusCode);
    if (reply.headers["content-encoding"] !== undefined) compressed++;
    await reply.body.dump();
  }
  expect([...statuses].sort()).toEqual([200, 400, 404, 429, 500, 501]);
  expect(compressed).toBe(1);
});
