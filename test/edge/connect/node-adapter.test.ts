import { create, fromBinary, toBinary } from "@bufbuild/protobuf";
import {
  Code,
  ConnectError,
  createClient,
  type HandlerContext,
  type Transport,
} from "@connectrpc/connect";
import {
  createConnectTransport,
  createGrpcTransport,
  createGrpcWebTransport,
} from "@connectrpc/connect-node";
import { credentials, Client as GrpcClient, Metadata } from "@grpc/grpc-js";
import { request } from "undici";
import { describe, expect, onTestFinished, test } from "vitest";
import { draining } from "../../../src/core/faults/draining.ts";
import { exchangeKey } from "../../../src/edge/connect/exchange-key.ts";
import { createRpcHandler } from "../../../src/edge/connect/node-adapter.ts";
import { within } from "../../within.ts";
import { startServer } from "../start-server.ts";
import { EchoService, NoteSchema } from "./echo-service.ts";
import { echoImplementation, echoRoutes, startRpc } from "./start-rpc.ts";

const transports: readonly (readonly [string, (baseUrl: string) => Transport])[] = [
  ["Connect over HTTP/1.1", (baseUrl) => createConnectTransport({ baseUrl, httpVersion: "1.1" })],
  [
    "Connect JSON over HTTP/1.1",
    (baseUrl) => createConnectTransport({ baseUrl, httpVersion: "1.1", useBinaryFormat: false }),
  ],
  [
    "Connect GET over HTTP/1.1",
    (baseUrl) => createConnectTransport({ baseUrl, httpVersion: "1.1", useHttpGet: true }),
  ],
  ["Connect over HTTP/2", (baseUrl) => createConnectTransport({ baseUrl, httpVersion: "2" })],
  ["gRPC over HTTP/2", (baseUrl) => createGrpcTransport({ baseUrl })],
  ["gRPC-Web over HTTP/1.1", (baseUrl) => createGrpcWebTransport({ baseUrl, httpVersion: "1.1" })],
  ["gRPC-Web over HTTP/2", (baseUrl) => createGrpcWebTransport({ baseUrl, httpVersion: "2" })],
];

for (const [title, open] of transports) {
  describe(title, () => {
    test("carries every kind of method that its HTTP version can", async () => {
      const { url } = await startRpc({ routes: echoRoutes(echoImplementation) });
      const client = createClient(EchoService, open(url));
      expect(await client.echo({ text: "grüße", number: 7 })).toMatchObject({
        text: "grüße",
        number: 7,
      });
      const counted = await collect(client.count({ text: "n", number: 3 }));
      expect(counted.map((note) => note.number)).toEqual([1, 2, 3]);
      expect(await client.sum(notes(1, 2, 3))).toMatchObject({ number: 6 });
      const chat = collect(client.chat(notes(1, 2)));
      if (title.includes("HTTP/1.1")) await expect(chat).rejects.toThrow(ConnectError);
      else expect((await chat).map((note) => note.text)).toEqual(["re: 1", "re: 2"]);
    });

    test("carries headers, trailers, errors with metadata, and the exchange", async () => {
      const { url } = await startRpc({
        routes: echoRoutes({
          echo(note, context) {
            context.responseHeader.set("x-head", context.requestHeader.get("x-sent") ?? "");
            context.responseTrailer.set(
              "x-tail",
              context.values.get(exchangeKey)?.header("x-sent") ?? "",
            );
            if (note.text === "fail")
              throw new ConnectError("no such note", Code.NotFound, { "x-why": "because" });
            if (note.text === "crash") throw new Error("secret");
            return note;
          },
        }),
      });
      const client = createClient(EchoService, open(url));
      const seen: (string | null)[] = [];
      const options = {
        headers: { "x-sent": "value" },
        onHeader: (headers: Headers) => void seen.push(headers.get("x-head")),
        onTrailer: (headers: Headers) => void seen.push(headers.get("x-tail")),
      };
      await client.echo({}, options);
      expect(seen).toEqual(["value", "value"]);
      const failure = ConnectError.from(
        await client.echo({ text: "fail" }).catch((error: unknown) => error),
      );
      expect([failure.code, failure.rawMessage, failure.metadata.get("x-why")]).toEqual([
        Code.NotFound,
        "no such note",
        "because",
      ]);
      const crash = ConnectError.from(
        await client.echo({ text: "crash" }).catch((error: unknown) => error),
      );
      expect([crash.code, crash.rawMessage]).toEqual([Code.Internal, "internal error"]);
    });

    test("gives the implementation the client's timeout, and aborts its signal when it is over", async () => {
      const contexts: HandlerContext[] = [];
      const { url } = await startRpc({
        routes: echoRoutes({
          async echo(note, context) {
            contexts.push(context);
            await new Promise((resolve) => context.signal.addEventListener("abort", resolve));
            return note;
          },
        }),
      });
      const client = createClient(EchoService, open(url));
      let timeoutMs = 40;
      do {
        // On a busy machine a short one is over before the call arrives.
        timeoutMs *= 2;
        const timedOut = await client.echo({}, { timeoutMs }).catch(ConnectError.from);
        expect(timedOut).toMatchObject({ code: Code.DeadlineExceeded });
      } while (contexts.length === 0);
      expect(contexts[0]?.timeoutMs()).toBeLessThan(timeoutMs + 1);
    });

    for (const kind of ["unary", "stream"] as const) {
      test(`aborts the signal of a ${kind} call within 100 ms of the client leaving`, async () => {
        const begun = Promise.withResolvers<void>();
        const aborted = Promise.withResolvers<void>();
        const wait = async (context: HandlerContext) => {
          const over = new Promise((resolve) => context.signal.addEventListener("abort", resolve));
          begun.resolve();
          await over;
          aborted.resolve();
        };
        const { url, server } = await startRpc({
          routes: echoRoutes({
            async echo(note, context) {
              await wait(context);
              return note;
            },
            async *count(note, context) {
              yield note;
              await wait(context);
            },
          }),
        });
        const client = createClient(EchoService, open(url));
        const controller = new AbortController();
        const { signal } = controller;
        const call =
          kind === "unary" ? client.echo({}, { signal }) : collect(client.count({}, { signal }));
        const failed = expect(call).rejects.toThrow();
        await begun.promise;
        controller.abort();
        await within(100, aborted.promise);
        await failed;
        expect(server.active).toBe(0);
      });
    }

    test("ends a stream with UNAVAILABLE when a drain's grace period is over", async () => {
      const begun = Promise.withResolvers<void>();
      const { url, server } = await startRpc({
        routes: echoRoutes({
          async *count(note, context) {
            yield note;
            begun.resolve();
            await new Promise((resolve) => context.signal.addEventListener("abort", resolve));
            throw context.signal.reason;
          },
        }),
      });
      const call = collect(createClient(EchoService, open(url)).count({})).catch(ConnectError.from);
      await begun.promise;
      await server.drain(10);
      expect(await call).toMatchObject({ code: Code.Unavailable, rawMessage: draining.message });
    });

    test("refuses messages above the limit with RESOURCE_EXHAUSTED, in both directions", async () => {
      const { url } = await startRpc({
        routes: echoRoutes({ echo: () => ({ text: "y".repeat(300) }) }),
        readMaxBytes: 100,
        writeMaxBytes: 200,
      });
      const client = createClient(EchoService, open(url));
      for (const [text, direction] of [
        ["x".repeat(101), "readMaxBytes"],
        ["", "writeMaxBytes"],
      ] as const) {
        const failure = ConnectError.from(
          await client.echo({ text }).catch((error: unknown) => error),
        );
        expect([failure.code, failure.rawMessage]).toEqual([
          Code.ResourceExhausted,
          expect.stringContaining(direction),
        ]);
      }
    });

    test("refuses a call with UNAVAILABLE in its own protocol", async () => {
      const rpc = createRpcHandler({ routes: echoRoutes(echoImplementation) });
      const stopping = new ConnectError("the server is shutting down", Code.Unavailable);
      const { url } = await startServer({
        handler: (exchange) => void rpc.tryRefuse(exchange, stopping),
      });
      const client = createClient(EchoService, open(url));
      for (const call of [() => client.echo({}), () => collect(client.count({}))]) {
        expect(await call().catch(ConnectError.from)).toMatchObject({
          code: Code.Unavailable,
          rawMessage: stopping.rawMessage,
        });
      }
    });

    test("maps what implementations throw", async () => {
      const { url } = await startRpc({
        routes: echoRoutes({
          echo: () => Promise.reject(new Error("quota")),
          async *count() {
            yield* [];
            throw new Error("quota");
          },
        }),
        mapError: (error) => new ConnectError(`mapped ${String(error)}`, Code.ResourceExhausted),
      });
      const client = createClient(EchoService, open(url));
      for (const call of [() => client.echo({}), () => collect(client.count({}))]) {
        expect(await call().catch(ConnectError.from)).toMatchObject({
          code: Code.ResourceExhausted,
          rawMessage: "mapped Error: quota",
        });
      }
    });
  });
}

test("serves grpc-js with trailers, a deadline, compression and a large message", async () => {
  const { port } = await startRpc({ routes: echoRoutes(echoImplementation) });
  const client = new GrpcClient(`127.0.0.1:${port}`, credentials.createInsecure(), {
    "grpc.default_compression_algorithm": 2,
    "grpc.max_receive_message_length": -1,
  });
  onTestFinished(() => client.close());
  const text = "z".repeat(3_000_000);
  const reply = await new Promise((resolve, reject) => {
    client.makeUnaryRequest(
      "/echo.v1.EchoService/Echo",
      (note: Uint8Array) => Buffer.from(note),
      (bytes) => fromBinary(NoteSchema, bytes),
      toBinary(NoteSchema, create(NoteSchema, { text })),
      new Metadata(),
      { deadline: Date.now() + 10_000 },
      (error, note) => (error === null ? resolve(note) : reject(error)),
    );
  });
  expect(reply).toMatchObject({ text });
});

for (const [title, method, path, headers, status] of [
  [
    "an unknown method",
    "POST",
    "/echo.v1.EchoService/Nope",
    { "content-type": "application/json" },
    404,
  ],
  [
    "a media type that no protocol has",
    "POST",
    "/echo.v1.EchoService/Echo",
    { "content-type": "text/plain" },
    415,
  ],
  ["GET for a method with side effects", "GET", "/echo.v1.EchoService/Count", {}, 405],
  [
    "bidirectional streams over HTTP/1.1",
    "POST",
    "/echo.v1.EchoService/Chat",
    { "content-type": "application/connect+proto" },
    505,
  ],
] as const) {
  test(`answers ${status} to ${title}`, async () => {
    const { url } = await startRpc({ routes: echoRoutes(echoImplementation) });
    const reply = await request(url + path, { method, headers });
    expect(reply.statusCode).toBe(status);
    await reply.body.dump();
  });
}

async function* notes(...numbers: number[]) {
  for (const number of numbers) yield { number, text: String(number) };
}

async function collect<T>(messages: AsyncIterable<T>): Promise<T[]> {
  const all: T[] = [];
  for await (const message of messages) all.push(message);
  return all;
}
