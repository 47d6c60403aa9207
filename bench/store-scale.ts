// Fills a store with millions of calls and measures what is read from it and how long it takes to
// start. Run: node bench/store-scale.ts [sqlite|postgres|postgres://...] [calls, default 5000000]
// `postgres` starts a server of its own, of Debian's postgresql.
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { sql } from "kysely";
import type { LedgerRow } from "../src/core/ledger/ledger-row.ts";
import { type Engine, openEngine, type StoreAddress } from "../src/store/engine/engine.ts";
import { aggregateUsage } from "../src/store/ledger/aggregate-usage.ts";
import { pageCalls } from "../src/store/ledger/query-calls.ts";
import { writeCalls } from "../src/store/ledger/write-calls.ts";
import { migrate } from "../src/store/migrations/migrate.ts";
import { callRow } from "../test/store/ledger-rows.ts";
import { startPostgres } from "../test/store/postgres-server.ts";
import { startGatewayProcess } from "./chaos/gateway.ts";

const day = 86_400_000;
const may = Date.UTC(2026, 4, 1);
/** Calls that are written as a gateway writes them; the others are copies of these in SQL. */
const written = 20_000;
const teams = 200;
const keys = 2_000;

const [where = "sqlite", count = "5000000"] = process.argv.slice(2);
const total = Number(count);
const folder = mkdtempSync(join(tmpdir(), "store-scale-"));
const ends: (() => Promise<void> | void)[] = [];
const atEnd = (end: () => Promise<void> | void) => void ends.unshift(end);
atEnd(() => rmSync(folder, { recursive: true, force: true }));
const address = await addressOf(where);

try {
  await measure();
} finally {
  for (const end of ends) await end();
}

async function addressOf(place: string): Promise<StoreAddress> {
  if (place === "sqlite") return { kind: "sqlite", path: join(folder, "parlance.db") };
  if (place !== "postgres") return { kind: "postgres", url: place };
  const server = await startPostgres(atEnd);
  return { kind: "postgres", url: await server.createDatabase() };
}

async function measure(): Promise<void> {
  const engine = await openEngine(address, () => undefined);
  await migrate(engine, Date.now());
  await measureStarts("start of the program, with an empty ledger");
  const writeMs = await timed(() => fill(engine));
  print("write, as a gateway does", `${((1000 * writeMs) / written).toFixed(0)} us a call`);
  await copy(engine);
  if (engine.kind === "postgres") await sql`analyze`.execute(engine.db);
  const month = { fromMs: may, toMs: may + 31 * day, top: 1_000 };
  const reads: readonly (readonly [string, () => Promise<unknown>])[] = [
    [
      "a month by team",
      () => aggregateUsage(engine, { ...month, dimension: "team", bucket: "all" }),
    ],
    [
      "its days by team",
      () => aggregateUsage(engine, { ...month, dimension: "team", bucket: "day" }),
    ],
    [
      "a team's month by model",
      () =>
        aggregateUsage(engine, { ...month, dimension: "model", bucket: "all", teams: ["team7"] }),
    ],
    ["the newest 100 calls", () => pageCalls(engine, { limit: 100 })],
    ["the newest 100 of a key", () => pageCalls(engine, { limit: 100, keys: ["key7"] })],
  ];
  for (const [title, read] of reads) {
    const ms = [await timed(read), await timed(read), await timed(read)];
    print(title, `${ms.map((one) => one.toFixed(1)).join(", ")} ms`);
  }
  await engine.close();
  const startMs = await timed(async () => {
    const again = await openEngine(address, () => undefined);
    await migrate(again, Date.now());
    await again.close();
  });
  print("open", `${startMs.toFixed(1)} ms`);
  await measureStarts("start of the program");
}

/** From the spawn of the program until it listens. */
async function measureStarts(title: string): Promise<void> {
  if (address.kind !== "postgres") return;
  const { url } = address;
  const starts: string[] = [];
  for (let count = 0; count < 3; count += 1) {
    const servedMs = await timed(() => serveOnce(url));
    starts.push(servedMs.toFixed(0));
  }
  print(title, `${starts.join(", ")} ms`);
}

/** Starts the program, and has it killed with the others at the end. */
async function serveOnce(storeUrl: string): Promise<void> {
  const place = mkdtempSync(join(folder, "gateway-"));
  const gateway = await startGatewayProcess({ folder: place, storeUrl });
  atEnd(() => gateway.end("SIGKILL"));
}

async function fill(engine: Engine): Promise<void> {
  for (let at = 0; at < written; at += 256)
    await writeCalls(
      engine,
      Array.from({ length: Math.min(256, written - at) }, (_, row) => callAt(at + row)),
    );
}

function callAt(at: number): LedgerRow {
  const key = at % keys;
  return callRow(`call-${at}`, {
    endedMs: may + Math.floor((at / written) * 31 * day),
    key: `key${key}`,
    team: `team${key % teams}`,
    endUser: "",
    model: `model${at % 7}`,
  });
}

/** Copies calls within the database, with other ids; sums are as many as those of the first. */
async function copy(engine: Engine): Promise<void> {
  const tables = await engine.db.introspection.getTables();
  const columns = tables.find(({ name }) => name === "calls")?.columns ?? [];
  const others = columns.map(({ name }) => name).filter((name) => name !== "call_id");
  const names = sql.join(others.map((name) => sql.ref(name)));
  await engine.db.transaction().execute(async (db) => {
    const makeIndexes = engine.kind === "postgres" ? await dropIndexes(db) : async () => undefined;
    for (let copies = written, round = 1; copies < total; round += 1) {
      const more = Math.min(copies, total - copies);
      await sql`insert into calls (call_id, ${names})
        select call_id || ${`-${round}`}, ${names} from calls limit ${BigInt(more)}`.execute(db);
      copies += more;
    }
    await makeIndexes();
  });
}

/** Rows come faster without indexes, which are made once all are there; gives what makes them. */
async function dropIndexes(db: Engine["db"]): Promise<() => Promise<void>> {
  await sql`set local statement_timeout = 0`.execute(db);
  await sql`set local maintenance_work_mem = '512MB'`.execute(db);
  const { rows } = await sql<{ readonly name: string; readonly made: string }>`
    select indexname as name, indexdef as made from pg_indexes
    where tablename = 'calls' and indexname not in (select conname from pg_constraint)
  `.execute(db);
  for (const { name } of rows) await sql`drop index ${sql.ref(name)}`.execute(db);
  return async () => {
    for (const { made } of rows) await sql.raw(made).execute(db);
  };
}

async function timed(run: () => Promise<unknown>): Promise<number> {
  const since = performance.now();
  await run();
  return performance.now() - since;
}

function print(title: string, text: string): void {
  process.stdout.write(`${address.kind} ${title}: ${text}\n`);
}
