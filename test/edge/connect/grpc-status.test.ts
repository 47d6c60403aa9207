import { create, fromBinary, toBinary } from "@bufbuild/protobuf";
import { ConnectError, createClient } from "@connectrpc/connect";
import { createConnectTransport, createGrpcTransport } from "@connectrpc/connect-node";
import { credentials, Client as GrpcClient, type ServiceError } from "@grpc/grpc-js";
import fc from "fast-check";
import { describe, expect, it, onTestFinished } from "vitest";
import {
  BadRequestSchema,
  ErrorInfoSchema,
  RetryInfoSchema,
} from "../../../gen/google/rpc/error_details_pb.js";
import { ModelService } from "../../../gen/parlance/admin/v1/model_service_pb.js";
import {
  ChatService,
  CompleteRequestSchema,
  CompleteResponseSchema,
  StreamCompleteResponseSchema,
} from "../../../gen/parlance/chat/v1/chat_service_pb.js";
import { Role } from "../../../gen/parlance/chat/v1/message_pb.js";
import { ErrorReason } from "../../../gen/parlance/error/v1/error_reason_pb.js";
import { FaultSchema } from "../../../gen/parlance/error/v1/fault_pb.js";
import { GatewayError } from "../../../src/core/faults/gateway-error.ts";
import { encodeMessage } from "../../../src/edge/connect/grpc-status.ts";
import { printStatus } from "../../../src/edge/connect/to-connect-error.ts";
import { startGateway } from "../../../src/serve.ts";

const config = "server: { host: 127.0.0.1, port: 0 }\nproviders: { sim: { kind: sim } }\n";

async function start(): Promise<{ url: string; port: number }> {
  const gateway = await startGateway({ config, world: { record: () => undefined } });
  onTestFinished(() => gateway.close());
  return { url: gateway.url, port: Number(new URL(gateway.url).port) };
}

function chat(model: string) {
  const parts = [{ content: { case: "text" as const, value: { text: "hi" } } }];
  return { chat: { model, messages: [{ role: Role.USER, parts }] } };
}

/** A client that retries by its service config, as those of Go, Java, Python and Node do. */
function retryingClient(port: number): GrpcClient {
  const name = [{ service: "parlance.chat.v1.ChatService" }];
  const retryPolicy = {
    maxAttempts: 4,
    initialBackoff: "0.01s",
    maxBackoff: "0.05s",
    backoffMultiplier: 2,
    retryableStatusCodes: ["UNAVAILABLE", "RESOURCE_EXHAUSTED"],
  };
  const client = new GrpcClient(`127.0.0.1:${port}`, credentials.createInsecure(), {
    "grpc.service_config": JSON.stringify({
      loadBalancingConfig: [],
      methodConfig: [{ name, retryPolicy }],
    }),
  });
  onTestFinished(() => client.close());
  return client;
}

const requestOf = (model: string): Uint8Array =>
  toBinary(CompleteRequestSchema, create(CompleteRequestSchema, chat(model)));
const print = (bytes: Uint8Array) => Buffer.from(bytes);

function complete(client: GrpcClient, model: string): Promise<unknown> {
  const read = (bytes: Buffer) => fromBinary(CompleteResponseSchema, bytes);
  return new Promise((resolve, reject) =>
    client.makeUnaryRequest(
      "/parlance.chat.v1.ChatService/Complete",
      print,
      read,
      requestOf(model),
      (error, reply) => (error === null ? resolve(reply) : reject(error)),
    ),
  );
}

async function streamComplete(client: GrpcClient, model: string): Promise<unknown[]> {
  const read = (bytes: Buffer) => fromBinary(StreamCompleteResponseSchema, bytes);
  const path = "/parlance.chat.v1.ChatService/StreamComplete";
  return client.makeServerStreamRequest(path, print, read, requestOf(model)).toArray();
}

describe("a call that fails before its first message", () => {
  it("is tried again by clients with a retry policy", async () => {
    const { port } = await start();
    const client = retryingClient(port);
    // Every second call of the provider fails, so that one more try always succeeds.
    for (let call = 0; call < 6; call += 1) {
      await complete(client, "sim/error-503?every=2&retry_after=0s");
      expect(await streamComplete(client, "sim/error-503?every=2&retry_after=0s")).not.toEqual([]);
    }
  });

  it("says so where another try is of no use", async () => {
    const { port } = await start();
    const failure = await complete(retryingClient(port), "nonesuch").catch((error) => error);
    expect((failure as ServiceError).metadata.get("grpc-retry-pushback-ms")).toEqual(["-1"]);
    // grpc-js decodes no more of a message than must be encoded.
    expect((failure as ServiceError).details).toContain("there is no model nonesuch: list");
  });

  it("says how long to wait where that is known", async () => {
    const { port } = await start();
    const client = new GrpcClient(`127.0.0.1:${port}`, credentials.createInsecure());
    onTestFinished(() => client.close());
    const failure = await complete(client, "sim/error-503?retry_after=7s").catch((error) => error);
    expect((failure as ServiceError).metadata.get("grpc-retry-pushback-ms")).toEqual(["7000"]);
  });
});

describe("an error", () => {
  for (const open of [
    createGrpcTransport,
    (options: { baseUrl: string }) => createConnectTransport({ ...options, httpVersion: "1.1" }),
  ]) {
    it("has the standard details beside its Fault", async () => {
      const { url } = await start();
      const client = createClient(ChatService, open({ baseUrl: url }));
      const error = ConnectError.from(
        await client.complete(chat("sim/error-503?retry_after=2s")).catch((reason) => reason),
      );
      const [fault] = error.findDetails(FaultSchema);
      expect(fault?.reason).toBe(ErrorReason.UPSTREAM_UNAVAILABLE);
      expect(error.findDetails(ErrorInfoSchema)).toMatchObject([
        {
          reason: "UPSTREAM_UNAVAILABLE",
          domain: "parlance",
          metadata: { call_id: fault?.callId },
        },
      ]);
      expect(error.findDetails(RetryInfoSchema)).toMatchObject([{ retryDelay: { seconds: 2n } }]);
      const invalid = ConnectError.from(
        await client.complete({ chat: { model: "sim/echo", n: 500 } }).catch((reason) => reason),
      );
      const [badRequest] = invalid.findDetails(BadRequestSchema);
      expect(badRequest?.fieldViolations.map(({ field }) => field)).toEqual(
        invalid.findDetails(FaultSchema)[0]?.fields.map(({ field }) => field),
      );
    });
  }

  it("keeps its status small where many fields are wrong", () => {
    const fields = Array.from({ length: 64 }, (_, index) => ({
      field: `chat.messages[${index}].parts[0].text`,
      message: "must be at most 10 characters",
      ruleId: "string.max_len",
    }));
    const fault = { reason: ErrorReason.INVALID_REQUEST, message: "no", fields };
    const error = printStatus({ fault, callId: "1", cause: new GatewayError(fault) });
    const violations = error.findDetails(BadRequestSchema)[0]?.fieldViolations ?? [];
    expect(violations.length).toBeGreaterThan(20);
    expect(violations.length).toBeLessThan(40);
    expect(violations[0]).toMatchObject({ reason: "STRING_MAX_LEN" });
    expect(error.findDetails(FaultSchema)[0]?.fields).toHaveLength(64);
  });
});

describe("grpc-message", () => {
  const rows: readonly (readonly [string, string])[] = [
    [
      "chat.model: must be at least 1, not 0; see /v1/models",
      "chat.model: must be at least 1, not 0; see /v1/models",
    ],
    ["100%", "100%25"],
    ["line\nline\ttab", "line%0Aline%09tab"],
    ["ünit €", "%C3%BCnit %E2%82%AC"],
    ["😀~\u007f", "%F0%9F%98%80~%7F"],
  ];
  for (const [message, encoded] of rows)
    it(`encodes ${JSON.stringify(message)}`, () => expect(encodeMessage(message)).toBe(encoded));

  it("is read back by percent-decoding, whatever it says", () => {
    fc.assert(
      fc.property(fc.string({ unit: "binary" }), (message) => {
        const encoded = encodeMessage(message);
        expect(encoded).toMatch(/^[\x20-\x7e]*$/);
        expect(decodeURIComponent(encoded)).toBe(message);
      }),
    );
  });
});

describe("a reply", () => {
  it("names its call in the headers, whole or streamed", async () => {
    const { url } = await start();
    for (const transport of [
      createGrpcTransport({ baseUrl: url }),
      createConnectTransport({ baseUrl: url, httpVersion: "1.1" }),
    ]) {
      const client = createClient(ChatService, transport);
      let header = new Headers();
      const onHeader = (headers: Headers) => {
        header = headers;
      };
      const { report } = await client.complete(chat("sim/echo"), { onHeader });
      expect(header.get("x-parlance-call-id")).toBe(report?.callId);
      for await (const { report: first } of client.streamComplete(chat("sim/echo"), { onHeader })) {
        if (first !== undefined) expect(header.get("x-parlance-call-id")).toBe(first.callId);
      }
    }
  });

  it("to a method without side effects may be asked for by GET", async () => {
    const { url } = await start();
    const client = createClient(
      ModelService,
      createConnectTransport({ baseUrl: url, httpVersion: "1.1", useHttpGet: true }),
    );
    expect((await client.describeModel({ name: "sim/echo" })).model?.name).toBe("sim/echo");
    const path = "/parlance.admin.v1.ModelService/ListModels?encoding=json&message=%7B%7D";
    const reply = await fetch(url + path);
    expect(reply.status).toBe(200);
    expect(await reply.json()).toHaveProperty("models");
  });
});
