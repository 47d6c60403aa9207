import { once } from "node:events";
import { connect as connectH2, type IncomingHttpHeaders } from "node:http2";
import { Code } from "@connectrpc/connect";
import { codeToString } from "@connectrpc/connect/protocol-connect";
import { describe, expect, onTestFinished, test } from "vitest";
import { echoImplementation, echoRoutes, startRpc } from "./start-rpc.ts";

const { InvalidArgument, Internal, ResourceExhausted } = Code;

/**
 * The first five bytes of a message, and what they are refused with in gRPC and gRPC-Web, and in
 * Connect.
 */
const heads: readonly (readonly [
  title: string,
  head: readonly number[],
  grpc: Code,
  connect: Code,
])[] = [
  ["a length of 4 GiB", [0, 0xff, 0xff, 0xff, 0xff], ResourceExhausted, ResourceExhausted],
  ["a length just above the limit", [0, 0, 0, 0x27, 0x11], ResourceExhausted, ResourceExhausted],
  ["a reserved flag", [0b100, 0, 0, 0, 1], Internal, InvalidArgument],
  ["the flag of an end", [0b10, 0, 0, 0, 1], Internal, InvalidArgument],
  ["the flag of trailers", [0b10000000, 0, 0, 0, 1], Internal, InvalidArgument],
];

/** Unary, streamed, and, by connect's own handler, streamed both ways. */
const methods = ["Echo", "Count", "Chat"] as const;

/** Sends bytes one by one and never ends the body; gives the code that the call is refused with. */
async function refusalOf(
  url: string,
  path: string,
  type: string,
  bytes: readonly number[],
): Promise<string> {
  const session = connectH2(url);
  onTestFinished(() => session.destroy());
  const stream = session.request({
    ":method": "POST",
    ":path": path,
    te: "trailers",
    "content-type": type,
  });
  let trailers: IncomingHttpHeaders = {};
  stream.on("trailers", (fields) => {
    trailers = fields;
  });
  for (const byte of bytes) stream.write(Buffer.from([byte]));
  const [head] = await once(stream, "response");
  const body = Buffer.concat(await stream.toArray()).toString("latin1");
  const status =
    trailers["grpc-status"] ?? head["grpc-status"] ?? /grpc-status: (\d+)/.exec(body)?.[1];
  return status === undefined
    ? (/"code":"(\w+)"/.exec(body)?.[1] ?? "")
    : codeToString(Number(status));
}

describe("a call is refused by the first five bytes of its message, which never comes", () => {
  for (const type of [
    "application/grpc",
    "application/grpc-web+proto",
    "application/connect+proto",
  ]) {
    for (const method of methods) {
      if (type.startsWith("application/connect") && method === "Echo") continue;
      test.for(heads)(`in ${type} to ${method}: %s`, async ([, head, grpc, connect]) => {
        const { url } = await startRpc({
          routes: echoRoutes(echoImplementation),
          readMaxBytes: 10_000,
        });
        const code = await refusalOf(url, `/echo.v1.EchoService/${method}`, type, head);
        expect(code).toBe(codeToString(type.startsWith("application/connect") ? connect : grpc));
      });
    }
  }
});
