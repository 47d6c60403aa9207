import { once } from "node:events";
import { type ClientHttp2Session, type ClientHttp2Stream, connect as connectH2 } from "node:http2";
import { create, toBinary } from "@bufbuild/protobuf";
import { Code, createClient } from "@connectrpc/connect";
import { createGrpcTransport } from "@connectrpc/connect-node";
import { afterAll, beforeAll, expect, onTestFinished, test } from "vitest";
import {
  Health,
  HealthCheckResponse_ServingStatus as Status,
} from "../../../gen/grpc/health/v1/health_pb.js";
import { ServerReflectionRequestSchema } from "../../../gen/grpc/reflection/v1/reflection_pb.js";
import { printEnvelope } from "../../../src/edge/connect/envelope.ts";
import { type RunningGateway, startGateway } from "../../../src/serve.ts";
import { printMessage, readFailure, rpcProtocols } from "../rpc-protocols.ts";
import { sendRequest } from "../send-request.ts";

let gateway: RunningGateway;
beforeAll(async () => {
  const config =
    "server: { port: 0 }\nproviders: { sim: { kind: sim } }\nkeys: [{ name: dev, value: { value: dev-key-0123456789 } }]";
  gateway = await startGateway({ config, world: { record: () => undefined } });
});
afterAll(() => gateway.close());

const reflection = "/grpc.reflection.v1.ServerReflection/ServerReflectionInfo";

function openReflection(session: ClientHttp2Session): ClientHttp2Stream {
  const stream = session.request(
    { ":method": "POST", ":path": reflection, "content-type": "application/grpc", te: "trailers" },
    { endStream: false },
  );
  return stream;
}

test("health is told without a key", async () => {
  const client = createClient(Health, createGrpcTransport({ baseUrl: gateway.url }));
  expect((await client.check({})).status).toBe(Status.SERVING);
});

test("no protocol takes a large message for health", async () => {
  for (const protocol of rpcProtocols.filter(({ calls }) => calls.includes("unary"))) {
    const reply = await sendRequest(gateway.url, {
      version: protocol.version,
      path: "/grpc.health.v1.Health/Check",
      headers: { "content-type": protocol.contentType },
      body: printMessage(protocol, Buffer.alloc(100_000, 0x20)),
    });
    expect(readFailure(protocol, reply).code).toBe(Code.ResourceExhausted);
  }
});

test("a large message for reflection is refused when its length is known, and not held until it has come", async () => {
  const session = connectH2(gateway.url);
  onTestFinished(() => session.destroy());
  const stream = openReflection(session);
  stream.write(printEnvelope(0, Buffer.alloc(1_000_000)).subarray(0, 100_000));
  const trailers = once(stream, "trailers");
  stream.resume();
  expect((await trailers)[0]).toMatchObject({ "grpc-status": String(Code.ResourceExhausted) });
});

test("streams of reflection are few, and free again when they end", async () => {
  const session = connectH2(gateway.url);
  onTestFinished(() => session.destroy());
  const list = { messageRequest: { case: "listServices", value: "" } } as const;
  const question = printEnvelope(
    0,
    toBinary(ServerReflectionRequestSchema, create(ServerReflectionRequestSchema, list)),
  );
  const ask = async (stream: ClientHttp2Stream): Promise<string> => {
    stream.write(question);
    const answered = once(stream, "data").then(() => "answered");
    const ended = once(stream, "trailers").then(
      ([trailers]) => `status ${trailers["grpc-status"]}`,
    );
    const refused = once(stream, "response").then(async ([head]) => {
      const status = head["grpc-status"];
      return status === undefined ? Promise.race([answered, ended]) : `status ${status}`;
    });
    return refused;
  };
  const held = Array.from({ length: 64 }, () => openReflection(session));
  expect(new Set(await Promise.all(held.map(ask)))).toEqual(new Set(["answered"]));
  expect(await ask(openReflection(session))).toBe(`status ${Code.Unavailable}`);
  for (const stream of held) {
    stream.end();
    stream.resume();
  }
  await Promise.all(held.map((stream) => once(stream, "close")));
  expect(await ask(openReflection(session))).toBe("answered");
});
