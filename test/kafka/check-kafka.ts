// Sends calls of a gateway to the broker at a port, whose process stands still for a while, and
// compares the messages with the ledger. Then signs in at another port. scripts/test-kafka.sh starts
// it.
import assert from "node:assert/strict";
import { setTimeout } from "node:timers/promises";
import { Admin, Consumer, stringDeserializers } from "@platformatic/kafka";
import { createSecretValue } from "../../src/config/secret-value.ts";
import { startGateway } from "../../src/serve.ts";
import { kafkaPlace } from "../../src/sinks/queues/kafka-place.ts";
import { callRow } from "../store/ledger-rows.ts";

const [port = "", signed = "", broker = ""] = process.argv.slice(2);
const address = `127.0.0.1:${port}`;
const client = { clientId: "check", bootstrapBrokers: [address] };
const admin = new Admin(client);
for (const topic of ["calls", "small"])
  await admin.createTopics({
    topics: [topic],
    partitions: 3,
    replicas: 1,
    configs: topic === "small" ? [{ name: "max.message.bytes", value: "5000" }] : [],
  });
await admin.close();

const events: string[] = [];
const gateway = await startGateway({
  port: 0,
  config: `
providers: { sim: { kind: sim } }
keys: [{ name: dev, value: { value: sk-dev } }]
observe: { sinks: [{ kafka: { brokers: ["${address}"], topic: calls, gzip: true } }] }
`,
  world: { notice: ({ event }) => void events.push(event) },
});
async function call(count: number): Promise<void> {
  for (let at = 0; at < count; at += 1) {
    const reply = await fetch(`${gateway.url}/v1/chat/completions`, {
      method: "POST",
      headers: { "content-type": "application/json", authorization: "Bearer sk-dev" },
      body: JSON.stringify({ model: "sim/echo", messages: [{ role: "user", content: "hi" }] }),
    });
    const text = await reply.text();
    assert.equal(reply.status, 200, text);
  }
}
async function until(event: string): Promise<void> {
  while (!events.includes(event)) await setTimeout(50);
}

await call(250);
process.kill(Number(broker), "SIGSTOP");
await call(150);
await until("sink_down");
process.kill(Number(broker), "SIGCONT");
await until("sink_up");
await call(20);
const store = gateway.engine.world.store;
const page = await store?.request("calls.page", { limit: 1000 });
const ledger = new Set(page?.calls.map(({ callId }) => callId));
await gateway.close();
assert.deepEqual(events, ["sink_down", "sink_up"]);
assert.equal(ledger.size, 420);

const consumer = new Consumer({ ...client, groupId: "check", deserializers: stringDeserializers });
const stream = await consumer.consume({ topics: ["calls"], mode: "earliest", autocommit: false });
const seen = new Set<string>();
for await (const { key, value } of stream) {
  assert.equal(JSON.parse(value).call_id, key);
  seen.add(key);
  if (seen.size === ledger.size) break;
}
await stream.close();
await consumer.close(true);
assert.deepEqual([...seen].toSorted(), [...ledger].toSorted());

// Of a batch that is too large for a request all are taken but what is too large by itself.
const signedIn = (password: string) =>
  kafkaPlace({
    kind: "kafka",
    brokers: [`127.0.0.1:${signed}`],
    topic: "small",
    key: "team",
    tls: undefined,
    sasl: { mechanism: "PLAIN", username: "parlance", password: createSecretValue(password) },
    gzip: false,
  });
const place = signedIn("right");
const rows = Array.from({ length: 30 }, (_, at) =>
  callRow(`call-${at}`, at === 7 ? { endUser: "x".repeat(6_000) } : {}),
);
assert.deepEqual(await place.send(rows, AbortSignal.timeout(60_000)), {
  why: "too large",
  again: false,
  count: 1,
});
await place.close?.();
const stranger = signedIn("wrong-secret");
const refusal = await stranger.send(rows, AbortSignal.timeout(60_000));
assert.equal(refusal?.again, true);
assert.doesNotMatch(refusal.why, /wrong-secret/);
await stranger.close?.();
