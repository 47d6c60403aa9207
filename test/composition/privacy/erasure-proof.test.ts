import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { createClient } from "@connectrpc/connect";
import { createConnectTransport } from "@connectrpc/connect-node";
import { beforeAll, describe, expect, it } from "vitest";
import { PersonPlace } from "../../../gen/parlance/admin/v1/privacy_pb.js";
import { PrivacyService } from "../../../gen/parlance/admin/v1/privacy_service_pb.js";
import { presentKey } from "../../../src/composition/own-key.ts";
import { startGateway } from "../../../src/serve.ts";
import { type Engine, openEngine, type StoreAddress } from "../../../src/store/engine/engine.ts";
import { type KnownErasure, reapplyErasures } from "../../../src/store/erasure/reapply-erasures.ts";
import { migrate } from "../../../src/store/migrations/migrate.ts";
import { exportStore } from "../../../src/store/transfer/export-store.ts";
import { importStore } from "../../../src/store/transfer/import-store.ts";
import { type RedisServer, startRedis } from "../../redis/start-redis.ts";
import { emptyStore, openForTest } from "../../store/engines.ts";
import { type PostgresServer, startPostgres } from "../../store/postgres-server.ts";
import { scratchFolder } from "../../store/store-gateway.ts";
import { filesWith, masterKey, readContent, vaultOf } from "../content/content-gateway.ts";

/** What is only of the person, and what is only of somebody else. */
const eve = { name: "eve-4711@example.com", session: "zebra-session", said: "quince-zebra-91" };
const bob = { name: "bob-0815@example.com", session: "otter-session", said: "damson-otter-17" };
const admin = "admin-key-0123456789";
const keys = { alpha: "alpha-key-0123456789", beta: "beta-key-0123456789" };

let postgres: PostgresServer;
beforeAll(async () => {
  postgres = await startPostgres();
});

function configOf(
  folder: string,
  store: StoreAddress,
  { redis, privacy }: { readonly redis: RedisServer; readonly privacy: object },
): string {
  const usd = { price: { input: "1", output: "1" } };
  return JSON.stringify({
    server: { host: "127.0.0.1", port: 0 },
    auth: { admin_key: { value: admin } },
    store:
      store.kind === "postgres"
        ? { postgres: { url: { value: store.url } }, journal: { path: join(folder, "journal") } }
        : { sqlite: { path: join(folder, "parlance.db") } },
    state: { redis: { url: { value: redis.url } } },
    providers: { sim: { kind: "sim" } },
    models: [
      {
        name: "fast",
        targets: [{ model: "sim/echo", facts: { prices: { tokens: usd.price } } }],
        cache: { ttl: "3600s", scope: "KEY" },
      },
    ],
    teams: [{ name: "alpha" }, { name: "beta" }],
    keys: Object.entries(keys).map(([name, value]) => ({ name, value: { value }, team: name })),
    limits: [{ name: "each", per: ["END_USER"], limits: { requests_per_day: 100 } }],
    budgets: [{ name: "each", per: ["END_USER"], budget: { usd: "5", window: "MONTH" } }],
    privacy,
    observe: {
      sinks: [
        { name: "lake", jsonl: { dir: join(folder, "..", "outside") } },
        {
          name: "dead",
          webhook: { url: { value: "http://127.0.0.1:1/" } },
          spool: { path: join(folder, "spool") },
        },
      ],
    },
  });
}

/** Starts a gateway; what its log says is added to `said`. */
async function start(config: string, said: string[]) {
  const gateway = await startGateway({
    port: 0,
    config,
    world: { notice: (notice) => void said.push(JSON.stringify(notice)) },
  });
  const chat = async (key: string, { name, session, said: content }: typeof eve) => {
    const reply = await fetch(`${gateway.url}/v1/chat/completions`, {
      method: "POST",
      headers: {
        authorization: `Bearer ${key}`,
        "content-type": "application/json",
        "x-parlance-session": session,
      },
      body: JSON.stringify({
        model: "fast",
        user: name,
        messages: [{ role: "user", content }],
      }),
    });
    expect([reply.status, await reply.text()]).toEqual([200, expect.stringContaining(content)]);
  };
  const transport = createConnectTransport({
    baseUrl: gateway.url,
    httpVersion: "1.1",
    interceptors: [presentKey(() => admin)],
  });
  return { gateway, chat, privacy: createClient(PrivacyService, transport) };
}

async function tablesOf(engine: Engine): Promise<string> {
  let text = "";
  for (const { name } of await engine.db.introspection.getTables())
    text += JSON.stringify(
      await engine.db
        .selectFrom(name as "calls")
        .selectAll()
        .execute(),
      (_, value) => (typeof value === "bigint" ? String(value) : value),
    );
  return text;
}

const readers: Readonly<Record<string, readonly string[]>> = {
  string: ["GET"],
  hash: ["HGETALL"],
  zset: ["ZRANGE", "0", "-1"],
  set: ["SMEMBERS"],
  list: ["LRANGE", "0", "-1"],
};

async function redisOf(redis: RedisServer): Promise<string> {
  const names: string[] = JSON.parse(await redis.command("KEYS", "*"));
  const values = names.map(async (name) => {
    const [read = "GET", ...args] = readers[await redis.command("TYPE", name)] ?? [];
    return `${name} ${await redis.command(read, name, ...args)}`;
  });
  return (await Promise.all(values)).join("\n");
}

describe.each(["sqlite", "postgres"] as const)("whoever is erased from %s", (kind) => {
  it("is nowhere any more, also where a copy from before is restored", async () => {
    const folder = join(scratchFolder(), "data");
    mkdirSync(folder);
    const redis = await startRedis();
    const empty = await emptyStore(kind, postgres);
    const address: StoreAddress =
      empty.kind === "postgres" ? empty : { kind: "sqlite", path: join(folder, "parlance.db") };
    const log: string[] = [];
    const first = { master_key: masterKey("0a"), content: {} };
    const one = await start(configOf(folder, address, { redis, privacy: first }), log);
    await one.chat(keys.alpha, eve);
    await one.chat(keys.beta, bob);
    await one.gateway.close();
    const backup = await copyOf(address);
    expect(await placesOf({ folder, redis, address }, Object.values(eve))).toMatchObject({
      ...{ files: expect.arrayContaining([expect.stringContaining("spool")]) },
      ...{ tables: [eve.name, eve.session], redis: [eve.said] },
    });
    // The master key is rotated meanwhile.
    const second = {
      ...first,
      master_key: masterKey("0b"),
      previous_master_keys: [first.master_key],
    };
    const two = await start(configOf(folder, address, { redis, privacy: second }), log);
    const person = { who: { case: "endUser", value: eve.name } } as const;
    const { receipt } = await two.privacy.erase({ person });
    const counts = Object.fromEntries(
      receipt?.places.map(({ place, count }) => [PersonPlace[place], Number(count)]) ?? [],
    );
    expect(counts).toMatchObject({ CALLS: 1, CONTENT: 1, ANSWERS: 1, SPOOLS: 1 });
    expect(receipt?.unreached.map(({ place, name }) => [PersonPlace[place], name])).toEqual(
      expect.arrayContaining([
        ["SINK", "lake"],
        ["SINK", "dead"],
        ["VENDORS", "sim"],
      ]),
    );
    await two.gateway.close();
    const gone = { files: [], tables: [], redis: [] };
    expect(await placesOf({ folder, redis, address }, Object.values(eve))).toEqual(gone);
    expect(log.filter((line) => line.includes(eve.name) || line.includes(eve.said))).toEqual([]);
    const kept = await placesOf({ folder, redis, address }, Object.values(bob));
    expect(kept).toMatchObject({ tables: [bob.name, bob.session], redis: [bob.said] });
    const contents = await readContent(address, await vaultOf("0b", "0a"));
    expect(contents.map(({ answer }) => answer)).toEqual([bob.said]);
    // The receipt alone is what somebody has kept beside the copy.
    const restored = await emptyStore(kind, postgres);
    const engine = await openForTest(restored);
    await migrate(engine, Date.now());
    await importStore(engine, backup, Date.now(), () => undefined);
    expect((await tablesOf(engine)).includes(eve.name)).toBe(true);
    const known: KnownErasure = {
      ...{ id: receipt?.id ?? "", personHash: receipt?.personHash ?? "", keyHashes: [] },
      kind: "end_user",
      ...{ organizationId: "", teamId: "", receiptJson: "{}" },
      ...{ begunMs: Number(receipt?.beginTime?.seconds) * 1_000 + 999, finishedMs: Date.now() },
    };
    expect(await reapplyErasures(engine, [known])).toBe(1);
    const text = await tablesOf(engine);
    expect(Object.values(eve).filter((mark) => text.includes(mark))).toEqual([]);
    expect(text.includes(bob.name)).toBe(true);
    expect((await engine.db.selectFrom("content").selectAll().execute()).length).toBe(1);
  });
});

/** The lines of an export of a database. */
async function copyOf(address: StoreAddress): Promise<AsyncIterable<string>> {
  const engine = await openEngine(address, () => undefined);
  let text = "";
  await exportStore(
    engine,
    "copy",
    async (lines) => {
      text += lines;
    },
    () => undefined,
  );
  await engine.close();
  return (async function* () {
    yield* text.split("\n").slice(0, -1);
  })();
}

/** In which files some marks are, and which of them are in the database and in Redis. */
async function placesOf(
  {
    folder,
    redis,
    address,
  }: { readonly folder: string; readonly redis: RedisServer; readonly address: StoreAddress },
  marks: readonly string[],
) {
  const engine = await openEngine(address, () => undefined);
  const tables = await tablesOf(engine);
  await engine.close();
  const shared = await redisOf(redis);
  return {
    files: marks.flatMap((mark) => filesWith(folder, mark)),
    tables: marks.filter((mark) => tables.includes(mark)),
    redis: marks.filter((mark) => shared.includes(mark)),
  };
}
