import { createHmac } from "node:crypto";
import { mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { createServer, type IncomingHttpHeaders } from "node:http";
import { type AddressInfo, createServer as createTcpServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { parquetReadObjects } from "hyparquet";
import { describe, expect, it, onTestFinished } from "vitest";
import type { Notice } from "../../src/core/notice.ts";
import { startGateway } from "../../src/serve.ts";
import { createFakeClock } from "../fake-clock.ts";

/** What a place got in one request. */
interface Sent {
  readonly url: string;
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
}

/** A web service whose replies have a status that a test may change; 0: it never replies. */
async function startPlace(status = 200) {
  const sent: Sent[] = [];
  const place = { status, sent, tries: 0, url: "" };
  const server = createServer((request, response) => {
    void text(request).then((body) => {
      place.tries += 1;
      if (place.status === 0) return;
      if (place.status < 300) sent.push({ url: request.url ?? "", headers: request.headers, body });
      response.writeHead(place.status).end();
    });
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  place.url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`; // it listens on TCP
  return place;
}

const empty: Sent = { url: "", headers: {}, body: "" };

function scratch(): string {
  const folder = mkdtempSync(join(tmpdir(), "parlance-sinks-"));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

const noon = Date.UTC(2026, 10, 30, 12);

async function startSending(sinks: string) {
  const clock = createFakeClock();
  const notices: Notice[] = [];
  const gateway = await startGateway({
    port: 0,
    config: `
providers: { sim: { kind: sim } }
models: [{ name: m, targets: [{ model: sim/echo, facts: { prices: { tokens: { input: "1", output: "4" } } } }] }]
keys:
  - { name: dev, value: { value: sk-dev }, tags: [web] }
  - { name: ops, value: { value: sk-ops } }
observe: { sinks: [${sinks}] }
`,
    world: {
      nowMs: clock.nowMs,
      schedule: clock.schedule,
      wallMs: () => noon + clock.nowMs(),
      notice: (notice) => void notices.push(notice),
    },
  });
  onTestFinished(() => gateway.close());
  const chat = async (key = "sk-dev", body: object = {}) => {
    const reply = await fetch(`${gateway.url}/v1/chat/completions`, {
      method: "POST",
      headers: { "content-type": "application/json", authorization: `Bearer ${key}` },
      body: JSON.stringify({
        model: "m",
        messages: [{ role: "user", content: "secret words" }],
        ...body,
      }),
    });
    await reply.text();
    expect([200, 404]).toContain(reply.status);
    return reply.headers.get("x-parlance-call-id");
  };
  const events = () => notices.map(({ event }) => event);
  /** Lets time pass until something holds. */
  const until = (holds: () => unknown) =>
    expect
      .poll(() => {
        clock.advance(1_000);
        return holds();
      })
      .toBe(true);
  return { gateway, chat, notices, events, until };
}

/** Records by the place that they were sent to. */
const places: readonly (readonly [
  kind: string,
  sink: (url: string) => string,
  read: (sent: Sent) => readonly Record<string, unknown>[],
])[] = [
  [
    "a web service",
    (url) =>
      `{ webhook: { url: { value: "${url}/calls" }, authorization: { value: "Bearer x" } } }`,
    ({ url, headers, body }) => {
      expect([url, headers.authorization]).toEqual(["/calls", "Bearer x"]);
      return JSON.parse(body).calls;
    },
  ],
  [
    "ClickHouse",
    (url) => `{ clickhouse: { url: "${url}", table: calls, user: u, password: { value: p } } }`,
    ({ url, headers, body }) => {
      const { searchParams } = new URL(url, "http://x");
      expect(searchParams.get("query")).toBe("INSERT INTO default.calls FORMAT JSONEachRow");
      expect(headers).toMatchObject({ "x-clickhouse-user": "u", "x-clickhouse-key": "p" });
      return body.split("\n").map((line) => JSON.parse(line));
    },
  ],
];

const record = {
  key: "dev",
  end_user: "eve",
  tags: ["web"],
  model: "m",
  target: "sim/echo",
  status: "CALL_STATUS_WHOLE",
  end_time: expect.stringMatching(/^2026-11-30T12:00:/),
  cost_usd: expect.stringMatching(/^0\.0000\d+$/),
  cost_nano_usd: expect.stringMatching(/^\d+$/),
  usage: { input_tokens: expect.any(String), output_tokens: expect.any(String) },
};

describe("records of calls are sent to", () => {
  for (const [kind, sink, read] of places) {
    it(`${kind}, once, with what they took and cost, without content`, async () => {
      const place = await startPlace();
      const { chat, until, gateway } = await startSending(sink(place.url));
      const ids = [await chat("sk-dev", { user: "eve" }), await chat()];
      await until(() => place.sent.length === 1);
      const [one, other] = place.sent.flatMap(read);
      expect(one).toMatchObject({ call_id: ids[0], ...record });
      expect(other).toMatchObject({ call_id: ids[1] });
      const last = await chat();
      await gateway.close();
      expect(place.sent.flatMap(read).map((row) => row.call_id)).toEqual([...ids, last]);
      expect(place.sent.map(({ body }) => body).join()).not.toContain("secret words");
    });

    it(`${kind} that fails, once it takes them again`, async () => {
      const place = await startPlace(503);
      const { chat, until, events } = await startSending(sink(place.url));
      const id = await chat();
      await until(() => place.tries > 1);
      place.status = 200;
      await until(() => place.sent.length > 0);
      expect(place.sent.flatMap(read)).toMatchObject([{ call_id: id }]);
      await until(() => events().join() === "sink_down,sink_up");
    });
  }

  it("a folder, by day, as files of Parquet", async () => {
    const dir = join(scratch(), "calls");
    const { chat, gateway } = await startSending(`{ parquet: { dir: "${dir}" } }`);
    const ids = [await chat(), await chat("sk-dev", { stream: true })];
    await gateway.close();
    const day = join(dir, "day=2026-11-30");
    const [name = "", ...others] = readdirSync(day);
    expect(others).toEqual([]);
    const file = new Uint8Array(readFileSync(join(day, name))).buffer;
    const calls = await parquetReadObjects({ file });
    expect(calls.map(({ call_id }) => call_id).toSorted()).toEqual(ids.toSorted());
    expect(calls).toMatchObject([{ key: "dev" }, { target: "sim/echo" }]);
  });

  it("a folder, by day, as lines of JSON", async () => {
    const dir = join(scratch(), "calls");
    const { chat, gateway } = await startSending(`{ name: warehouse, jsonl: { dir: "${dir}" } }`);
    const ids = await Promise.all(
      Array.from({ length: 130 }, () => chat("sk-dev", { user: "eve" })),
    );
    await gateway.close();
    expect(readdirSync(dir)).toEqual(["day=2026-11-30"]);
    const lines = readFileSync(join(dir, "day=2026-11-30/calls.jsonl"), "utf8").trim().split("\n");
    const rows = lines.map((line) => JSON.parse(line));
    expect(rows.map((row) => row.call_id).sort()).toEqual(ids.sort());
    for (const row of rows) expect(row).toMatchObject(record);
    expect(lines.join()).not.toContain("secret words");
  });
});

describe("a sink", () => {
  const webhook = (url: string) => `webhook: { url: { value: "${url}" } }`;
  const calls = ({
    sent,
  }: {
    readonly sent: readonly Sent[];
  }): readonly Record<string, unknown>[] => sent.flatMap(({ body }) => JSON.parse(body).calls);

  it("signs requests as Standard Webhooks does, the same records with the same id", async () => {
    const place = await startPlace();
    const secret = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";
    const { chat, until } = await startSending(
      `{ webhook: { url: { value: "${place.url}" }, secret: { value: "${secret}" } } }`,
    );
    await chat();
    await until(() => place.sent.length === 1);
    const [{ headers, body } = empty] = place.sent;
    const { "webhook-id": id, "webhook-timestamp": time } = headers;
    const key = Buffer.from(secret.slice(6), "base64");
    const expected = createHmac("sha256", key).update(`${id}.${time}.${body}`).digest("base64");
    expect(headers["webhook-signature"]).toBe(`v1,${expected}`);
    expect(Math.abs(Number(time) - noon / 1000)).toBeLessThan(600);
  });

  it("has only the calls of its scope, without what it omits", async () => {
    const place = await startPlace();
    const { chat, gateway } = await startSending(
      `{ ${webhook(place.url)}, only: { keys: [ops] }, omit: [USERS, CLIENT_ADDRESS, SESSION, TAGS] }`,
    );
    await chat("sk-dev");
    const id = await chat("sk-ops", { user: "eve" });
    await gateway.close();
    expect(calls(place)).toMatchObject([{ call_id: id, key: "ops" }]);
    for (const name of ["end_user", "client_address", "session", "tags"])
      expect(calls(place)[0]).not.toHaveProperty(name);
  });

  it("has a sample of the calls, the same as others, and all that fail", async () => {
    const [one, other] = [await startPlace(), await startPlace()];
    const { chat, gateway } = await startSending(
      `{ name: a, ${webhook(one.url)}, sample_percent: 30 }, { name: b, ${webhook(other.url)}, sample_percent: 30 }`,
    );
    await Promise.all(Array.from({ length: 200 }, () => chat()));
    const failed = await chat("sk-dev", { model: "nowhere" });
    await gateway.close();
    const ids = calls(one).map(({ call_id }) => call_id);
    expect(ids).toContain(failed);
    expect(ids.length).toBeGreaterThan(20);
    expect(ids.length).toBeLessThan(120);
    expect(new Set(calls(other).map(({ call_id }) => call_id))).toEqual(new Set(ids));
  });

  it("that never answers slows no call, and at the stop its records stay on disk for the next process", async () => {
    const place = await startPlace(0);
    const folder = join(scratch(), "spool");
    const sink = `{ ${webhook(place.url)}, spool: { path: "${folder}" } }`;
    const first = await startSending(sink);
    const ids = await Promise.all(Array.from({ length: 230 }, () => first.chat()));
    expect(place.sent).toEqual([]);
    await first.gateway.close();
    expect(readdirSync(folder)).toHaveLength(3);
    place.status = 200;
    const second = await startSending(sink);
    await second.until(() => calls(place).length >= 230);
    expect(
      calls(place)
        .map(({ call_id }) => call_id)
        .sort(),
    ).toEqual(ids.sort());
    await second.until(() => readdirSync(folder).length === 0);
  }, 120_000);

  it("of each kind slows no call while its place takes connections and is silent", async () => {
    let connections = 0;
    const silent = createTcpServer((socket) => {
      connections += 1;
      socket.on("error", () => undefined).resume();
    });
    await new Promise<void>((resolve) => silent.listen(0, "127.0.0.1", resolve));
    onTestFinished(() => void silent.close());
    const at = `127.0.0.1:${(silent.address() as AddressInfo).port}`; // it listens on TCP
    const key = "access_key_id: { value: a }, secret_access_key: { value: b }";
    const sinks = [
      webhook(`http://${at}`),
      `clickhouse: { url: "http://${at}" }`,
      `s3: { bucket: calls, endpoint: "http://${at}", ${key}, files: { max_wait: 1s } }`,
      `kafka: { brokers: ["${at}"], topic: calls }`,
      `nats: { url: "nats://${at}", subject: calls }`,
    ];
    const { chat, until, gateway, notices } = await startSending(
      sinks.map((sink) => `{ ${sink} }`).join(", "),
    );
    await chat();
    await until(() => connections >= sinks.length);
    await Promise.all(Array.from({ length: 50 }, () => chat()));
    expect(notices.filter(({ event }) => event === "sink_dropped")).toEqual([]);
    await gateway.close();
    const dropped = notices.filter(({ event }) => event === "sink_dropped");
    expect(dropped.map(({ details }) => details?.dropped)).toEqual(sinks.map(() => 51));
  });

  it("counts what it drops", async () => {
    const place = await startPlace(401);
    const sink = `{ name: own, ${webhook(place.url)} }`;
    const { chat, until, notices, gateway } = await startSending(sink);
    await chat();
    await until(() => notices.length > 0);
    expect(notices).toMatchObject([
      {
        event: "sink_dropped",
        message: "records of calls for the sink own are dropped: it refuses them: HTTP status 401",
        details: { sink: "own", dropped: 1 },
      },
    ]);
    const metrics = gateway.engine.metrics.print("text");
    expect(metrics).toContain('parlance_sink_dropped_total{sink="own"} 1');
  });
});

describe("a config is refused", () => {
  const wrong: readonly (readonly [title: string, sinks: string, says: string])[] = [
    [
      "with two sinks of one name",
      "{ jsonl: { dir: a } }, { jsonl: { dir: b } }",
      "observe.sinks[1].name: is that of observe.sinks[0] too",
    ],
    [
      "with two sinks of one folder",
      "{ name: a, jsonl: { dir: a }, spool: { path: s } }, { name: b, jsonl: { dir: b }, spool: { path: s } }",
      "observe.sinks[1].spool: is that of observe.sinks[0] too",
    ],
    [
      "with content that would be on disk",
      "{ langsmith: { api_key: { value: k }, content_bytes: 9 }, spool: {} }",
      "observe.sinks[0].spool: would write what is said in calls to disk",
    ],
    ["without a place", "{ name: a }", "observe.sinks[0]"],
    ["without a folder", "{ jsonl: {} }", "observe.sinks[0].jsonl.dir"],
    [
      "with an address of another kind",
      '{ webhook: { url: { value: "ftp://x" } } }',
      "observe.sinks[0].webhook.url: is not an http or https URL",
    ],
    [
      "with a table that is more than a name",
      '{ clickhouse: { url: "http://x", table: "a; drop table b" } }',
      "observe.sinks[0].clickhouse.table",
    ],
    [
      "with a bucket of no region",
      "{ s3: { bucket: calls } }",
      "observe.sinks[0].s3.region: is missing: a bucket is in a region",
    ],
    [
      "with half of an access key",
      "{ s3: { bucket: calls, region: eu-west-1, access_key_id: { value: a } } }",
      "observe.sinks[0].s3.secret_access_key: is missing beside access_key_id",
    ],
    [
      "with an endpoint of another kind",
      '{ s3: { bucket: calls, endpoint: "minio:9000" } }',
      "observe.sinks[0].s3.endpoint: is not an http or https URL",
    ],
    [
      "with Parquet that is compressed twice",
      "{ s3: { bucket: calls, region: eu-west-1, format: PARQUET, compress: GZIP } }",
      "observe.sinks[0].s3.compress: stands beside the format PARQUET",
    ],
    [
      "with files of too few calls",
      "{ parquet: { dir: a, files: { max_calls: 1 } } }",
      "max_calls",
    ],
    [
      "with a broker without a port",
      "{ kafka: { brokers: [kafka], topic: a } }",
      "kafka.brokers[0]",
    ],
    [
      "with half of a certificate",
      '{ kafka: { brokers: ["a:1"], topic: a, tls: { key: { value: k } } } }',
      "observe.sinks[0].kafka.tls.cert_file: is missing beside key",
    ],
    [
      "with a file of certificates that is none",
      '{ kafka: { brokers: ["a:1"], topic: a, tls: { ca_file: package.json } } }',
      "observe.sinks[0].kafka.tls.ca_file: the file holds no certificate",
    ],
    [
      "with a password in an address",
      '{ nats: { url: "nats://u:p@host:4222", subject: a } }',
      "observe.sinks[0].nats.url",
    ],
    [
      "with a subject that stands for many",
      '{ nats: { url: "nats://host", subject: "calls.*" } }',
      "observe.sinks[0].nats.subject",
    ],
    [
      "with two ways to sign in",
      '{ nats: { url: "nats://host", subject: a, token: { value: t }, user: u } }',
      "observe.sinks[0].nats.user: stands beside token",
    ],
    [
      "with credentials of Google that are none",
      "{ bigquery: { dataset: a, credentials: { value: no } } }",
      "observe.sinks[0].bigquery.credentials: is not a JSON object",
    ],
    ["with a table of no dataset", "{ bigquery: { project: p } }", "observe.sinks[0].bigquery"],
    ["that would send nothing", "{ jsonl: { dir: a }, sample_percent: 0 }", "sample_percent"],
  ];
  for (const [title, sinks, says] of wrong)
    it(title, async () => {
      const config = `providers: {}\nobserve: { sinks: [${sinks}] }`;
      await expect(startGateway({ port: 0, config })).rejects.toThrow(says);
    });
});
