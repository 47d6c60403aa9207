import {
  clone,
  create,
  createFileRegistry,
  fromBinary,
  fromJson,
  toBinary,
  toJson,
} from "@bufbuild/protobuf";
import { FileDescriptorProtoSchema } from "@bufbuild/protobuf/wkt";
import { Code, ConnectError, createClient, type Transport } from "@connectrpc/connect";
import {
  createConnectTransport,
  createGrpcTransport,
  createGrpcWebTransport,
} from "@connectrpc/connect-node";
import { createConnectTransport as createBrowserTransport } from "@connectrpc/connect-web";
import { describe, expect, it, onTestFinished } from "vitest";
import {
  ChatService,
  type StreamCompleteResponse,
  StreamCompleteResponseSchema,
} from "../../../gen/parlance/chat/v1/chat_service_pb.js";
import { EventSchema } from "../../../gen/parlance/chat/v1/event_pb.js";
import { collect } from "../../../src/events/collect.ts";
import { type RunningGateway, startGateway } from "../../../src/serve.ts";
import { createFakeClock, type FakeClock } from "../../fake-clock.ts";
import {
  done,
  type SlowAnswer,
  startSlowVendor,
  stream,
  textFrame,
} from "../rest/start-slow-vendor.ts";

const beatMs = 15_000;
const chat = { model: "slow", text: "hi" };
const whole: readonly string[] = [textFrame("hel"), textFrame("lo"), textFrame("", "stop"), done];

async function start(clock: FakeClock, answer: SlowAnswer, server = ""): Promise<RunningGateway> {
  const vendor = await startSlowVendor(answer);
  const config = `
server: { port: 0 ${server} }
providers: { p: { kind: openai_compatible, base_url: "${vendor}", api_key: { value: vendor-key } } }
models: [{ name: slow, targets: [{ model: p/m }] }]
`;
  const { nowMs, schedule } = clock;
  const world = { nowMs, schedule, record: () => undefined };
  const gateway = await startGateway({ config, world });
  onTestFinished(() => gateway.close());
  return gateway;
}

/** A client, and whether messages must keep its streams open. */
interface ClientRow {
  readonly title: string;
  readonly connect: (baseUrl: string) => Transport;
  readonly pings: boolean;
}

const clients: readonly ClientRow[] = [
  {
    title: "Connect over HTTP/1.1",
    connect: (baseUrl) => createConnectTransport({ baseUrl, httpVersion: "1.1" }),
    pings: true,
  },
  {
    title: "Connect with JSON from a browser",
    connect: (baseUrl) => createBrowserTransport({ baseUrl }),
    pings: true,
  },
  {
    title: "gRPC-Web over HTTP/1.1",
    connect: (baseUrl) => createGrpcWebTransport({ baseUrl, httpVersion: "1.1" }),
    pings: true,
  },
  {
    title: "gRPC-Web over HTTP/2",
    connect: (baseUrl) => createGrpcWebTransport({ baseUrl, httpVersion: "2" }),
    pings: true,
  },
  {
    title: "Connect over HTTP/2",
    connect: (baseUrl) => createConnectTransport({ baseUrl, httpVersion: "2" }),
    pings: false,
  },
  { title: "gRPC", connect: (baseUrl) => createGrpcTransport({ baseUrl }), pings: false },
];

function textOf(responses: readonly StreamCompleteResponse[]): string {
  const events = responses.flatMap(({ event }) => (event === undefined ? [] : [event]));
  const parts = collect(events).choices[0]?.message?.parts ?? [];
  return parts.map(({ content }) => (content.case === "text" ? content.value.text : "")).join("");
}

const isPing = ({ event }: StreamCompleteResponse): boolean => event?.event.case === "ping";

describe("a stream of RPC that waits for its vendor", () => {
  for (const { title, connect, pings } of clients) {
    it(`of ${title} ${pings ? "is kept open by pings" : "needs no pings"}`, async () => {
      const clock = createFakeClock();
      const gateway = await start(clock, (response) => {
        clock.advance(3 * beatMs);
        stream(response, ...whole);
        response.end();
      });
      const responses: StreamCompleteResponse[] = [];
      const client = createClient(ChatService, connect(gateway.url));
      for await (const response of client.streamComplete(chat)) responses.push(response);
      const events = responses.filter((response) => !isPing(response));
      const before = responses.slice(0, responses.length - events.length);
      expect(before.every(isPing)).toBe(true);
      expect(before.length > 0).toBe(pings);
      expect(events.map(({ report }) => report?.target?.model)).toEqual([
        "m",
        ...Array(events.length - 1).fill(undefined),
      ]);
      expect(textOf(responses)).toBe("hello");
    });

    it(`of ${title} is told of a failure after the silence`, async () => {
      const clock = createFakeClock();
      const gateway = await start(clock, (response) => {
        clock.advance(beatMs);
        response.writeHead(429).end('{"error":{"message":"busy"}}');
      });
      const client = createClient(ChatService, connect(gateway.url));
      const read = async () => {
        for await (const response of client.streamComplete(chat))
          expect(isPing(response)).toBe(true);
      };
      const error = await read().catch((reason: unknown) => ConnectError.from(reason));
      expect(error?.code).toBe(Code.ResourceExhausted);
    });
  }

  it("is kept open within its answer too, and gets the vendor's own pings", async () => {
    const clock = createFakeClock();
    const asked = Promise.withResolvers<Parameters<SlowAnswer>[0]>();
    const gateway = await start(clock, asked.resolve);
    const transport = createConnectTransport({ baseUrl: gateway.url, httpVersion: "1.1" });
    const client = createClient(ChatService, transport);
    const responses = client.streamComplete(chat)[Symbol.asyncIterator]();
    const next = async (): Promise<string | undefined> =>
      (await responses.next()).value?.event?.event.case;
    const vendor = await asked.promise;
    stream(vendor, textFrame("hel"));
    expect([await next(), await next()]).toEqual(["messageStart", "textDelta"]);
    clock.advance(beatMs);
    expect(await next()).toBe("ping");
    // Whatever is written begins the time anew.
    clock.advance(beatMs - 1);
    stream(vendor, ": PROCESSING\n\n");
    expect(await next()).toBe("ping");
    clock.advance(beatMs - 1);
    stream(vendor, textFrame("lo", "stop"), done);
    vendor.end();
    expect([await next(), await next()]).toEqual(["textDelta", "finish"]);
    expect(await next()).toBeUndefined();
  });

  it("gets no pings where they are switched off, and leaves no timer behind", async () => {
    for (const [server, waits] of [
      [", heartbeat: 0s", 10 * beatMs],
      ["", 0],
    ] as const) {
      const clock = createFakeClock();
      const gateway = await start(
        clock,
        (response) => {
          clock.advance(waits);
          stream(response, ...whole);
          response.end();
        },
        server,
      );
      const transport = createConnectTransport({ baseUrl: gateway.url, httpVersion: "1.1" });
      const client = createClient(ChatService, transport);
      const waiting = clock.waiting();
      for await (const response of client.streamComplete(chat))
        expect(isPing(response)).toBe(false);
      expect(clock.waiting()).toBe(waiting);
    }
  });
});

describe("a client of an older contract", () => {
  const older = clone(FileDescriptorProtoSchema, EventSchema.file.proto);
  for (const message of older.messageType)
    message.field = message.field.filter(({ name }) => name !== "ping");
  const { file } = StreamCompleteResponseSchema;
  const registry = createFileRegistry(file.proto, (name) =>
    name === older.name ? older : file.dependencies.find(({ proto }) => proto.name === name),
  );
  const schema = registry.getMessage(StreamCompleteResponseSchema.typeName);
  const ping = create(StreamCompleteResponseSchema, {
    event: { event: { case: "ping", value: {} } },
  });

  it("reads a ping as an event of no kind", () => {
    if (schema === undefined) throw new Error("the older contract has no such message");
    const none = toJson(schema, create(schema, { event: {} }));
    const bytes = fromBinary(schema, toBinary(StreamCompleteResponseSchema, ping));
    expect(toJson(schema, bytes)).toEqual(none);
    const json = toJson(StreamCompleteResponseSchema, ping);
    expect(toJson(schema, fromJson(schema, json, { ignoreUnknownFields: true }))).toEqual(none);
  });
});
