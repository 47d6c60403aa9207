import { mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { buffer } from "node:stream/consumers";
import { gunzipSync } from "node:zlib";
import { parquetMetadata, parquetReadObjects } from "hyparquet";
import { describe, expect, it, onTestFinished } from "vitest";
import { createSecretValue } from "../../src/config/secret-value.ts";
import type { FileFormat, S3Settings } from "../../src/config/sink-settings.ts";
import { createRowEncoder } from "../../src/sinks/files/encode-rows.ts";
import { filesPlace } from "../../src/sinks/files/files-place.ts";
import { folderStore } from "../../src/sinks/files/folder-store.ts";
import { s3Store } from "../../src/sinks/files/s3-store.ts";
import { attemptRow, callRow, priced } from "../store/ledger-rows.ts";
import { signatureOf } from "../vendors/aws-signature.ts";
import { createTestSink } from "./test-sink.ts";

/** The calls of a file, in its order. */
async function callsOf(file: Uint8Array, format: FileFormat): Promise<Record<string, unknown>[]> {
  if (format === "parquet") return parquetReadObjects({ file: new Uint8Array(file).buffer });
  const bytes = format === "jsonl" ? file : gunzipSync(file);
  return new TextDecoder()
    .decode(bytes)
    .split("\n")
    .slice(0, -1)
    .map((line) => JSON.parse(line));
}

/** A bucket whose requests have to be signed: it takes them, fails, or is silent. */
async function startBucket() {
  const bucket = { status: 200, tries: 0, url: "", objects: new Map<string, Buffer>() };
  const server = createServer(async (request, response) => {
    const { headers, method = "", url: path = "" } = request;
    const rawBody = await buffer(request);
    bucket.tries += 1;
    if (bucket.status === 0) return;
    const scope = { region: "eu-central-1", service: "s3" };
    const signed = signatureOf({ headers, method, path, rawBody }, scope, "the-id", "the-secret");
    const status = headers.authorization === signed && method === "PUT" ? bucket.status : 403;
    if (status === 200) bucket.objects.set(decodeURIComponent(path), rawBody);
    response.writeHead(status).end();
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  bucket.url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`; // it listens on TCP
  return bucket;
}

function s3(url: string, over: Partial<S3Settings> = {}): S3Settings {
  return {
    kind: "s3",
    url: `${url}/logs`,
    prefix: "of calls/",
    region: "eu-central-1",
    accessKeyId: createSecretValue("the-id"),
    secretAccessKey: createSecretValue("the-secret"),
    sessionToken: undefined,
    roleArn: "",
    format: "jsonl.gz",
    files: { maxCalls: 300, maxWaitMs: 60_000 },
    ...over,
  };
}

const batch = { records: 300, waitMs: 60_000 };

describe("a Parquet file", () => {
  it("has a typed column for each field of a record", async () => {
    const encoder = createRowEncoder("parquet");
    encoder.add([
      callRow("one", { cost: priced(12_345_678_901n), attempts: [attemptRow(), attemptRow()] }),
      callRow("two", {
        tags: [],
        usage: undefined,
        cost: { kind: "unpriced", why: "no price" },
        attempts: [],
        firstTokenUs: undefined,
      }),
    ]);
    const file = await encoder.end();
    const { schema } = parquetMetadata(file.buffer);
    const typeOf = (name: string) => schema.find((element) => element.name === name);
    expect(typeOf("cost_usd")).toMatchObject({ converted_type: "DECIMAL", scale: 9 });
    expect(typeOf("end_time")).toMatchObject({ converted_type: "TIMESTAMP_MILLIS" });
    expect(typeOf("tags")).toMatchObject({ converted_type: "LIST" });
    expect(typeOf("cost_parts_nano_usd")).toMatchObject({ converted_type: "MAP" });
    const [one, two] = await callsOf(file, "parquet");
    expect(one).toMatchObject({
      call_id: "one",
      end_time: new Date("2026-05-03T10:30:00Z"),
      tags: ["web", "eu"],
      stream: true,
      status: "CALL_STATUS_WHOLE",
      usage: { input_tokens: 10n, output_tokens: 5n, tool_uses: { web_search_requests: 2n } },
      cost_usd: expect.closeTo(12.345678901, 9),
      cost_nano_usd: 12_345_678_901n,
      cost_parts_nano_usd: { input: 12_345_678_901n },
      attempts: [{ target: "openai/gpt-5-mini", upstream_status: 200 }, { provider: "openai" }],
    });
    expect(two).toMatchObject({ call_id: "two", tags: [], attempts: [], unpriced: "no price" });
    for (const name of ["usage", "cost_usd", "cost_nano_usd", "first_token_us"])
      expect(two?.[name] ?? null).toBeNull();
  });

  it("is in the folder of its day once it is whole, with as many calls as it may have", async () => {
    const folder = mkdtempSync(join(tmpdir(), "parlance-parquet-"));
    onTestFinished(() => rmSync(folder, { recursive: true }));
    const { sink } = createTestSink({ place: filesPlace("parquet", folderStore(folder)), batch });
    const [first, second] = [Date.UTC(2026, 10, 30, 23, 59), Date.UTC(2026, 11, 1)];
    for (let at = 0; at < 310; at += 1)
      sink.record(() => callRow(`call-${at}`, { endedMs: at < 305 ? first : second }));
    await sink.close(60_000);
    const files = readdirSync(folder, { recursive: true, encoding: "utf8" }).filter((name) =>
      name.includes("."),
    );
    expect(files.toSorted()).toEqual([
      expect.stringMatching(/^day=2026-11-30\/235900-[0-9a-f]{16}\.parquet$/),
      expect.stringMatching(/^day=2026-11-30\/235900-[0-9a-f]{16}\.parquet$/),
      expect.stringMatching(/^day=2026-12-01\/000000-[0-9a-f]{16}\.parquet$/),
    ]);
    const calls = files.map((name) => callsOf(readFileSync(join(folder, name)), "parquet"));
    const counts = (await Promise.all(calls)).map(({ length }) => length);
    expect(counts.toSorted((one, other) => one - other)).toEqual([5, 5, 300]);
  });
});

describe("objects of S3", () => {
  const formats: readonly FileFormat[] = ["jsonl.gz", "parquet"];
  for (const format of formats)
    it(`as ${format} are signed, and named by day and time`, async () => {
      const bucket = await startBucket();
      const place = filesPlace(format, s3Store(s3(bucket.url), Date.now));
      const { sink } = createTestSink({ place, batch });
      for (let at = 0; at < 120; at += 1) sink.record(() => callRow(`call-${at}`));
      await sink.close(60_000);
      const [[name, object] = ["", Buffer.from("")], ...others] = bucket.objects;
      expect(others).toEqual([]);
      expect(name).toMatch(/^\/logs\/of calls\/day=2026-05-03\/103000-[0-9a-f]{16}\./);
      expect(name.endsWith(`.${format}`)).toBe(true);
      const calls = await callsOf(object, format);
      expect(calls.map(({ call_id }) => call_id)).toEqual(
        Array.from({ length: 120 }, (_, at) => `call-${at}`),
      );
    });

  it("wait while the bucket fails, is silent or refuses, and all of them arrive", async () => {
    const bucket = await startBucket();
    const place = filesPlace("jsonl", s3Store(s3(bucket.url), Date.now));
    const { sink, clock, until, events, dropped } = createTestSink({ place, batch });
    let count = 0;
    for (const status of [503, 0, 403]) {
      bucket.status = status;
      const tries = bucket.tries;
      for (let at = 0; at < 310; at += 1) {
        const callId = `call-${count++}`;
        sink.record(() => callRow(callId));
      }
      await until(() => bucket.tries > tries);
      if (status === 0) clock.advance(60_000);
    }
    bucket.status = 200;
    await until(() => bucket.objects.size >= 4);
    await sink.close(60_000);
    const calls = await Promise.all(
      [...bucket.objects.values()].map((object) => callsOf(object, "jsonl")),
    );
    const ids = calls.flat().map(({ call_id }) => call_id);
    expect(new Set(ids).size).toBe(930);
    expect(ids).toHaveLength(930);
    expect(events()).toEqual(["sink_down", "sink_up"]);
    expect(dropped()).toBe(0);
  });

  it("that are not signed as the bucket wants are not taken", async () => {
    const bucket = await startBucket();
    const store = s3Store(
      s3(bucket.url, { secretAccessKey: createSecretValue("another") }),
      Date.now,
    );
    const bytes = new Uint8Array(3);
    expect(await store.put("a", bytes, AbortSignal.timeout(60_000))).toEqual({
      why: "HTTP status 403",
      again: true,
    });
  });
});
