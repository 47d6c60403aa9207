import { type Client, Code, ConnectError, createClient, type Transport } from "@connectrpc/connect";
import {
  createConnectTransport,
  createGrpcTransport,
  createGrpcWebTransport,
} from "@connectrpc/connect-node";
import { describe, expect, onTestFinished, test, vi } from "vitest";
import { ChatService } from "../../gen/parlance/chat/v1/chat_service_pb.js";
import { Role } from "../../gen/parlance/chat/v1/message_pb.js";
import { ErrorReason } from "../../gen/parlance/error/v1/error_reason_pb.js";
import type { CallRecord } from "../../src/core/ledger/call-record.ts";
import { faultOf } from "../../src/library.ts";
import { callPrinter } from "../../src/logging/call-line.ts";
import { startGateway } from "../../src/serve.ts";
import { startOpenAiVendor } from "../vendors/openai/start-openai-vendor.ts";
import { openRaw } from "./start-server.ts";

/**
 * What is waited for must come, but a busy machine may take its time: the test's own time is the
 * bound.
 */
const untilEnd = { timeout: 50_000, interval: 5 };

/** A gateway in front of a vendor that never ends what it begins, and one that never begins. */
async function setUp() {
  const vendor = await startOpenAiVendor();
  onTestFinished(() => vendor.close());
  const records: CallRecord[] = [];
  const bugs: unknown[] = [];
  const gateway = await startGateway({
    config: `
server: { port: 0 }
providers: { sim: { kind: sim }, o: { kind: openai, base_url: "${vendor.url}/v1", api_key: { value: k } } }
`,
    world: { record: (record) => void records.push(record), onBug: (bug) => void bugs.push(bug) },
  });
  onTestFinished(gateway.close);
  return { gateway, vendor, records, bugs };
}

const chat = (model: string) => ({
  chat: {
    model,
    messages: [
      { role: Role.USER, parts: [{ content: { case: "text", value: { text: "Hi!" } } as const }] },
    ],
  },
});

/** Ends the grace of a shutdown while a call runs, and checks what is said of it. */
async function expectTruth(
  { gateway, records, bugs }: Awaited<ReturnType<typeof setUp>>,
  failure: Promise<unknown>,
): Promise<void> {
  await gateway.drain({ delayMs: 0, graceMs: 1 });
  const error = ConnectError.from(await failure);
  expect([Code[error.code], ErrorReason[faultOf(error)?.reason ?? 0]]).toEqual([
    "Unavailable",
    "DRAINING",
  ]);
  expect(faultOf(error)?.callId).toMatch(/./);
  expect(records).toMatchObject([{ callerGone: false, fault: { reason: ErrorReason.DRAINING } }]);
  const [record] = records;
  if (record === undefined) throw new Error("the call was not recorded");
  expect(JSON.parse(callPrinter("json")(record, 0))).toMatchObject({
    status: 503,
    reason: "DRAINING",
  });
  expect(bugs).toEqual([]);
}

async function failureOf(run: Promise<unknown>): Promise<unknown> {
  return run.then(
    () => new Error("the call did not fail"),
    (error: unknown) => error,
  );
}

async function drainStream(messages: AsyncIterable<unknown>, begun: () => void): Promise<void> {
  for await (const _message of messages) begun();
}

const transports: readonly (readonly [string, (baseUrl: string) => Transport])[] = [
  ["Connect over HTTP/1.1", (baseUrl) => createConnectTransport({ baseUrl, httpVersion: "1.1" })],
  [
    "Connect JSON over HTTP/1.1",
    (baseUrl) => createConnectTransport({ baseUrl, httpVersion: "1.1", useBinaryFormat: false }),
  ],
  ["Connect over HTTP/2", (baseUrl) => createConnectTransport({ baseUrl, httpVersion: "2" })],
  ["gRPC", (baseUrl) => createGrpcTransport({ baseUrl })],
  ["gRPC-Web over HTTP/1.1", (baseUrl) => createGrpcWebTransport({ baseUrl, httpVersion: "1.1" })],
  ["gRPC-Web over HTTP/2", (baseUrl) => createGrpcWebTransport({ baseUrl, httpVersion: "2" })],
];

describe("a call that outlives the grace of a shutdown is told so, and so is the log", () => {
  for (const [title, open] of transports) {
    const client = (url: string): Client<typeof ChatService> =>
      createClient(ChatService, open(url));

    test(`${title}, waiting for a vendor`, async () => {
      const setup = await setUp();
      const failure = failureOf(client(setup.gateway.url).complete(chat("o/m-hang-before")));
      await setup.vendor.waitForRequests(1);
      await expectTruth(setup, failure);
    });

    test(`${title}, waiting for the simulator`, async () => {
      const setup = await setUp();
      const failure = failureOf(client(setup.gateway.url).complete(chat("sim/hang")));
      await vi.waitUntil(() => setup.gateway.active() === 1, untilEnd);
      await expectTruth(setup, failure);
    });

    for (const [state, model] of [
      ["its first event", "o/m-hang-before"],
      ["more of a stream", "o/m-hang"],
    ] as const) {
      test(`${title}, waiting for ${state}`, async () => {
        const setup = await setUp();
        const begun = Promise.withResolvers<void>();
        const messages = client(setup.gateway.url).streamComplete(chat(model));
        const failure = failureOf(drainStream(messages, begun.resolve));
        await setup.vendor.waitForRequests(1);
        if (model === "o/m-hang") await begun.promise;
        await expectTruth(setup, failure);
      });
    }
  }

  for (const [path, type] of [
    ["/v1/chat/completions", "application/json"],
    ["/parlance.chat.v1.ChatService/Complete", "application/proto"],
    ["/parlance.chat.v1.ChatService/StreamComplete", "application/connect+proto"],
    ["/parlance.chat.v1.ChatService/Complete", "application/grpc-web+proto"],
  ] as const) {
    test(`${type}, when its body is still on its way`, async () => {
      const { gateway, bugs } = await setUp();
      const raw = openRaw(gateway.port);
      const head = `POST ${path} HTTP/1.1\r\nhost: localhost\r\ncontent-type: ${type}\r\ncontent-length: 9`;
      raw.socket.write(`${head}\r\n\r\n\0`);
      await vi.waitUntil(() => gateway.active() === 1, untilEnd);
      await gateway.drain({ delayMs: 0, graceMs: 1 });
      expect(await raw.closed).toMatch(/draining|unavailable|grpc-status: 14/);
      expect(bugs).toEqual([]);
    });
  }

  for (const stream of [false, true]) {
    test(`REST, ${stream ? "in a stream" : "whole"}`, async () => {
      const { gateway, vendor, records, bugs } = await setUp();
      const model = stream ? "o/m-hang" : "o/m-hang-before";
      const response = fetch(`${gateway.url}/v1/chat/completions`, {
        method: "POST",
        headers: { "content-type": "application/json" },
        body: JSON.stringify({ model, stream, messages: [{ role: "user", content: "Hi!" }] }),
      });
      await vendor.waitForRequests(1);
      if (stream) await response;
      await gateway.drain({ delayMs: 0, graceMs: 1 });
      const text = await (await response).text();
      expect(text).toContain('"code":"draining"');
      expect(text).not.toContain("[DONE]");
      if (!stream) expect((await response).status).toBe(503);
      expect(records).toMatchObject([
        { callerGone: false, fault: { reason: ErrorReason.DRAINING } },
      ]);
      expect(bugs).toEqual([]);
    });
  }
});
