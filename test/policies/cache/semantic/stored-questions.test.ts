import { connect, createServer, type Socket } from "node:net";
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from "vitest";
import { startGateway } from "../../../../src/serve.ts";
import { openEngine } from "../../../../src/store/engine/engine.ts";
import { migrate } from "../../../../src/store/migrations/migrate.ts";
import { openQuestions } from "../../../../src/store/questions/question-table.ts";
import { startRedis } from "../../../redis/start-redis.ts";
import { until } from "../../../redis/until.ts";
import { type PgliteServer, startPglite } from "../../../store/pglite-server.ts";
import { startPostgres } from "../../../store/postgres-server.ts";
import { temporaryJournal } from "../../../store/temporary-journal.ts";
import {
  type AskedVendor,
  alike,
  different,
  question,
  settings,
  startAskedVendor,
  startAsking,
} from "./asking-gateway.ts";

let database: PgliteServer;
beforeAll(async () => {
  database = await startPglite();
  // Its first statements are slow: gateways find all of it made.
  const engine = await openEngine({ kind: "postgres", url: database.url }, () => undefined);
  await migrate(engine, Date.now());
  await openQuestions(engine, {});
  await engine.close();
});
afterAll(() => database.close());

const key = "sk-one";
const keys = ["one", "two"].map((name) => ({ name, value: { value: `sk-${name}` } }));
const auth = { admin_key: { value: "sk-admin" } };
const storeAt = (url: string) => ({
  postgres: { url: { value: url } },
  journal: { path: temporaryJournal() },
});

/** A gateway whose questions are in the database. Only a hang reaches the time of a search. */
const start = (vendor: AskedVendor, more: object = {}, semantic: object = {}) =>
  startAsking(vendor, {
    semantic: { ...settings, index: "POSTGRES", timeout: "60s", ...semantic },
    more: { auth, keys, store: storeAt(database.url), ...more },
  });

/** How many questions are noted. */
const noted = async () => (await database.query("select key from semantic_questions")).length;

/**
 * Asks until the answer to a question that is near is found: a database or a Redis that has no time
 * on a busy machine gives none. What the model answers meanwhile is not stored, so that it does not
 * become the nearest.
 */
const untilFound = ({ ask }: Awaited<ReturnType<typeof start>>) =>
  until(async () => {
    const { text } = await ask(alike, { key, headers: { "cache-control": "no-store" } });
    return text === "answer 1";
  });

/** Gateways that share a Redis, and with it their answers. */
async function sharing() {
  const redis = await startRedis();
  const state = { redis: { url: { value: redis.url }, timeout: "0.05s" } };
  const vendor = await startAskedVendor();
  return { redis, vendor, join: (more: object = {}) => start(vendor, { state, ...more }) };
}

describe("questions in the database", () => {
  it("are found by all gateways that share answers, also by those that start later", async () => {
    const { vendor, join } = await sharing();
    const one = await join();
    await database.query("truncate semantic_questions");
    expect(await one.ask(question, { key })).toMatchObject({ text: "answer 1", state: "MISS" });
    await until(async () => (await noted()) === 1);
    for (const gateway of [one, await join()]) {
      await untilFound(gateway);
      expect(await gateway.ask(alike, { key })).toEqual({
        text: "answer 1",
        state: "HIT",
        similarity: "0.9950",
      });
    }
    expect(await one.ask(different, { key })).toMatchObject({ state: "MISS", similarity: null });
    expect(vendor.embedded()).toBeGreaterThanOrEqual(4);
    expect(one.gateway.bugs).toEqual([]);
  });

  it("are those of one tenant", async () => {
    const { join } = await sharing();
    const one = await join();
    await database.query("truncate semantic_questions");
    await one.ask(question, { key });
    await until(async () => (await noted()) === 1);
    expect(await one.ask(alike, { key: "sk-two" })).toMatchObject({ state: "MISS" });
    await until(async () => (await noted()) === 2);
    expect(await one.ask("How tall?", { key: "sk-two" })).toMatchObject({ state: "MISS" });
    const rows = await database.query("select distinct context, principal from semantic_questions");
    expect(rows.length).toBe(2);
  });

  it("are each thread's own where answers are", async () => {
    const vendor = await startAskedVendor();
    const [one, other] = [await start(vendor), await start(vendor)];
    await database.query("truncate semantic_questions");
    await one.ask(question, { key });
    await until(async () => (await noted()) === 1);
    expect(await other.ask(alike, { key })).toMatchObject({ text: "answer 2", state: "MISS" });
    await untilFound(one);
    expect(await one.ask(alike, { key })).toMatchObject({ text: "answer 1", state: "HIT" });
  });

  it("go with the answers that are purged", async () => {
    const { join } = await sharing();
    const one = await join();
    await database.query("truncate semantic_questions");
    await one.ask(question, { key });
    await until(async () => (await noted()) === 1);
    const purged = await fetch(`${one.gateway.url}/parlance.admin.v1.CacheService/Purge`, {
      method: "POST",
      headers: { "content-type": "application/json", authorization: "Bearer sk-admin" },
      body: JSON.stringify({ model: "m" }),
    });
    expect(purged.status).toBe(200);
    await until(async () => (await noted()) === 0);
    expect(await one.ask(alike, { key })).toMatchObject({ text: "answer 2", state: "MISS" });
  });

  it("cost a call no more than their time where the database says nothing", async () => {
    const proxy = await startProxy(database.url);
    const vendor = await startAskedVendor();
    const more = { store: storeAt(proxy.url) };
    const one = await start(vendor, more, { timeout: "0.2s" });
    await database.query("truncate semantic_questions");
    await one.ask(question, { key });
    await until(async () => (await noted()) === 1);
    proxy.freeze();
    expect(await one.ask(alike, { key })).toMatchObject({ text: "answer 2", state: "MISS" });
    // It is left alone for a while, and no vector is made for nothing.
    const embedded = vendor.embedded();
    expect(await one.ask(different, { key })).toMatchObject({ text: "answer 3", state: "MISS" });
    expect(vendor.embedded()).toBe(embedded);
    proxy.thaw();
    // Each of these means the same, and is another call.
    for (let at = 0, similarity: string | null = null; similarity === null; at += 1)
      ({ similarity } = await one.ask(`And now ${at}?`, { key }));
    expect(one.gateway.bugs).toEqual([]);
  });
});

describe("a database without pgvector", () => {
  it("stops the start and a reload, with what is to be done", async () => {
    const postgres = await startPostgres();
    const store = storeAt(await postgres.createDatabase());
    const vendor = await startAskedVendor();
    await expect(start(vendor, { store })).rejects.toThrow(
      /^store: .* has no extension vector: install pgvector/,
    );
    const providers = { v: { kind: "openai_compatible", base_url: vendor.url } };
    const model = { name: "m", targets: [{ model: "v/x" }], cache: {} };
    const config = (more: object) =>
      JSON.stringify({ providers, models: [{ ...model, ...more }], store, keys });
    const gateway = await startGateway({ port: 0, config: config({}) });
    onTestFinished(() => gateway.close());
    const semantic_cache = { ...settings, index: "POSTGRES" };
    expect(await gateway.reload(config({ semantic_cache }))).toMatchObject({
      ok: false,
      violations: [
        {
          path: "models[0].semantic_cache.index",
          hint: expect.stringMatching(/install pgvector/),
        },
      ],
    });
  });
});

/** A way to a database that can be stopped. */
async function startProxy(url: string) {
  const { hostname, port } = new URL(url);
  const sockets = new Set<Socket>();
  let frozen = false;
  const server = createServer((socket) => {
    const behind = connect(Number(port), hostname);
    for (const [one, other] of [
      [socket, behind],
      [behind, socket],
    ] as const) {
      sockets.add(one);
      one.on("error", () => undefined);
      one.on("close", () => {
        sockets.delete(one);
        other.destroy();
      });
      one.pipe(other);
      if (frozen) one.pause();
    }
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  onTestFinished(() => {
    for (const socket of sockets) socket.destroy();
    server.close();
  });
  const address = server.address();
  const own = String(typeof address === "object" ? address?.port : 0);
  return {
    url: url.replace(`:${port}/`, `:${own}/`),
    freeze: () => {
      frozen = true;
      for (const socket of sockets) socket.pause();
    },
    thaw: () => {
      frozen = false;
      for (const socket of sockets) socket.resume();
    },
  };
}
