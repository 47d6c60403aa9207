import { type AddressInfo, createServer } from "node:net";
import { jetstreamManager } from "@nats-io/jetstream";
import { describe, expect, it, onTestFinished } from "vitest";
import { createSecretValue } from "../../src/config/secret-value.ts";
import type { KafkaSettings, NatsSettings } from "../../src/config/sink-settings.ts";
import { kafkaPlace } from "../../src/sinks/queues/kafka-place.ts";
import { natsPlace } from "../../src/sinks/queues/nats-place.ts";
import type { Sink } from "../../src/sinks/sink.ts";
import { callRow } from "../store/ledger-rows.ts";
import { startNats } from "./nats-server.ts";
import { createTestSink } from "./test-sink.ts";

function nats(url: string, over: Partial<NatsSettings> = {}): NatsSettings {
  return {
    kind: "nats",
    servers: [url],
    subject: "calls.all",
    stream: "CALLS",
    credentials: undefined,
    token: undefined,
    user: "",
    password: undefined,
    tls: undefined,
    ...over,
  };
}

/** Records calls whose ids count up. */
function recorder(sink: Sink) {
  let count = 0;
  return {
    count: () => count,
    record(calls: number) {
      for (let at = 0; at < calls; at += 1) {
        const callId = `call-${count++}`;
        sink.record(() => callRow(callId));
      }
    },
  };
}

describe("a stream of NATS", () => {
  it("has each call once, also after a server that was away or stood still", async () => {
    const server = await startNats();
    const admin = await server.connect();
    await (await jetstreamManager(admin)).streams.add({ name: "CALLS", subjects: ["calls.*"] });
    const { sink, clock, until, events, dropped } = createTestSink({
      place: natsPlace(nats(server.url())),
    });
    const { record, count } = recorder(sink);
    const stored = async () => {
      const own = await server.connect();
      const info = await (await jetstreamManager(own)).streams.info("CALLS");
      await own.close();
      return info.state.messages;
    };
    record(200);
    await expect.poll(stored, { timeout: 30_000 }).toBe(200);
    await admin.close();
    await server.stop();
    record(150);
    await until(() => events().length > 0);
    await server.start();
    await until(() => events().length > 1);
    server.signal("SIGSTOP");
    record(100);
    // Nothing comes back: its time passes.
    await expect
      .poll(
        () => {
          clock.advance(10_000);
          return events().length;
        },
        { timeout: 30_000 },
      )
      .toBe(3);
    server.signal("SIGCONT");
    await until(() => events().length > 3);
    await sink.close(30_000);
    expect(events()).toEqual(["sink_down", "sink_up", "sink_down", "sink_up"]);
    expect(await stored()).toBe(count());
    expect(dropped()).toBe(0);
  });

  it("takes what is signed in for, and nothing else", async () => {
    const server = await startNats("--user", "gateway", "--pass", "right-secret");
    const admin = await server.connect({ user: "gateway", pass: "right-secret" });
    const { streams } = await jetstreamManager(admin);
    await streams.add({ name: "CALLS", subjects: ["calls.*"] });
    const send = async (over: Partial<NatsSettings>) => {
      const place = natsPlace(nats(server.url(), { user: "gateway", ...over }));
      onTestFinished(() => place.close?.());
      return place.send([callRow("one")], AbortSignal.timeout(60_000));
    };
    const right = { password: createSecretValue("right-secret") };
    const failure = await send({ password: createSecretValue("wrong-secret") });
    expect(failure).toEqual({ why: expect.stringMatching(/^Authorization/i), again: true });
    expect(await send({ ...right, stream: "OTHER" })).toMatchObject({ again: true });
    expect(await send({ ...right, subject: "nowhere" })).toMatchObject({ again: true });
    expect((await streams.info("CALLS")).state.messages).toBe(0);
    expect(await send(right)).toBeUndefined();
    expect((await streams.info("CALLS")).state.messages).toBe(1);
    await streams.update("CALLS", { max_msg_size: 5_000 });
    const place = natsPlace(nats(server.url(), { user: "gateway", ...right }));
    onTestFinished(() => place.close?.());
    const rows = [
      callRow("two"),
      callRow("large", { endUser: "x".repeat(6_000) }),
      callRow("three"),
    ];
    expect(await place.send(rows, AbortSignal.timeout(60_000))).toEqual({
      why: "too large",
      again: false,
      count: 1,
    });
    expect((await streams.info("CALLS")).state.messages).toBe(3);
    await admin.close();
  });
});

describe("a topic of Kafka", () => {
  const kafka = (port: number): KafkaSettings => ({
    kind: "kafka",
    brokers: [`127.0.0.1:${port}`],
    topic: "calls",
    key: "call_id",
    tls: undefined,
    sasl: undefined,
    gzip: false,
  });

  it("whose brokers are silent, or away, keeps its records waiting and holds nothing up", async () => {
    let connections = 0;
    const server = createServer((socket) => {
      connections += 1;
      socket.on("error", () => undefined).resume();
    });
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    const { port } = server.address() as AddressInfo; // it listens on TCP
    const { sink, clock, until, events, dropped } = createTestSink({
      place: kafkaPlace(kafka(port)),
    });
    const { record } = recorder(sink);
    record(100);
    await expect.poll(() => connections, { timeout: 30_000 }).toBe(1);
    clock.advance(10_000);
    await until(() => events().length > 0);
    await new Promise((resolve) => server.close(resolve));
    record(5_000);
    expect(events()).toEqual(["sink_down"]);
    await sink.close(0);
    expect(dropped()).toBe(5_100);
  });
});
