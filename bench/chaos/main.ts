// Stops, empties, slows and kills what a gateway needs while calls come, and compares its ledger
// with what was answered. Fails where a call was not answered, or its record lost or doubled.
// Run: npm run chaos [-- --short]. Needs Debian's postgresql and redis-server.
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { freePort } from "../../test/redis/free-port.ts";
import { type SlowProxy, startSlowProxy } from "../../test/redis/slow-proxy.ts";
import { type RedisServer, startRedis } from "../../test/redis/start-redis.ts";
import { type PostgresServer, startPostgres } from "../../test/store/postgres-server.ts";
import { findInLedger, phaseLines, row } from "./findings.ts";
import { startGatewayProcess } from "./gateway.ts";
import { Load, type SentCall } from "./load.ts";

const isShort = process.argv.includes("--short");
/** How long each phase takes, in milliseconds, and how often a gateway is killed. */
const sizes = isShort
  ? { normalMs: 300, storeAwayMs: 300, redisMs: 200, fullMs: 0, kills: 1, aliveMs: 200 }
  : {
      normalMs: 10_000,
      storeAwayMs: 60_000,
      redisMs: 10_000,
      fullMs: 10_000,
      kills: 50,
      aliveMs: 900,
    };
/** Records of a batch: as many may be lost when a gateway is killed. */
const batchRecords = 256;

const ends: (() => Promise<void> | void)[] = [];
const atEnd = (end: () => Promise<void> | void) => void ends.unshift(end);
const folder = mkdtempSync(join(tmpdir(), "chaos-"));
atEnd(() => rmSync(folder, { recursive: true, force: true }));
const problems: string[] = [];

try {
  const postgres = await startPostgres(atEnd);
  await outages(postgres);
  if (sizes.fullMs > 0) await fullDisk(postgres);
  await kills(postgres);
} finally {
  for (const end of ends) await end();
}
for (const problem of problems) print(`FAILED: ${problem}`);
process.exitCode = problems.length === 0 ? 0 : 1;

/** PostgreSQL stopped; Redis stopped, emptied and made slow. */
async function outages(postgres: PostgresServer): Promise<void> {
  const port = await freePort();
  const redis = await startRedis({ port }, atEnd);
  const proxy = await startSlowProxy(port, atEnd);
  const storeUrl = await postgres.createDatabase();
  const redisUrl = `redis://127.0.0.1:${proxy.port}`;
  const gateway = await startGatewayProcess({ folder: newFolder(), storeUrl, redisUrl });
  atEnd(() => gateway.end("SIGKILL"));
  const load = new Load(gateway.url, "outages");
  // The first calls load what later ones have.
  load.phase = "the first calls";
  load.begin();
  await pause(sizes.normalMs / 2);
  const during = phasesOf(load);
  await during("normal", sizes.normalMs);
  await during("PostgreSQL is stopped", sizes.storeAwayMs, {
    begin: () => postgres.stop(),
    end: () => postgres.start(),
  });
  await during("PostgreSQL is back", sizes.redisMs);
  await breakRedis(during, redis, proxy);
  await during("normal again", sizes.redisMs);
  await load.end();
  await gateway.end("SIGTERM");
  const calls = load.calls.filter(({ phase }) => phase !== "the first calls");
  print(row("phase", ["calls", "not answered", "p50 ms", "p99 ms", "p99 added ms"]));
  print(row("---", ["---:", "---:", "---:", "---:", "---:"]));
  for (const line of phaseLines(calls)) print(line);
  const refused = load.calls.filter(({ status }) => status !== 200);
  if (refused.length > 0)
    problems.push(`${refused.length} calls failed in outages, one with ${refused[0]?.status}`);
  await report("outages", storeUrl, load.calls, 0);
}

type During = (
  phase: string,
  ms: number,
  change?: { readonly begin: () => unknown; readonly end: () => unknown },
) => Promise<void>;

function phasesOf(load: Load): During {
  return async (phase, ms, change) => {
    load.phase = phase;
    await change?.begin();
    await pause(ms);
    await change?.end();
  };
}

async function breakRedis(during: During, redis: RedisServer, proxy: SlowProxy): Promise<void> {
  const { redisMs } = sizes;
  const restart = () => redis.restart();
  await during("Redis is stopped", redisMs, { begin: () => redis.kill(), end: restart });
  await during("Redis is back, empty", redisMs);
  const flush = () => redis.command("FLUSHALL");
  await during("Redis is flushed", redisMs, { begin: flush, end: () => undefined });
  for (const ms of [20, 200])
    await during(`Redis answers ${ms} ms late`, redisMs, {
      begin: () => proxy.delay(ms),
      end: () => proxy.delay(0),
    });
}

/** No file of the gateway may have more than 8 KiB, its journal too. */
async function fullDisk(postgres: PostgresServer): Promise<void> {
  const storeUrl = await postgres.createDatabase();
  const gateway = await startGatewayProcess({ folder: newFolder(), storeUrl, fileKb: 8 });
  atEnd(() => gateway.end("SIGKILL"));
  const load = new Load(gateway.url, "full");
  load.begin();
  await pause(sizes.fullMs);
  await load.end();
  await gateway.end("SIGTERM");
  const failed = load.calls.filter(({ status }) => status !== 200).length;
  if (failed > 0) problems.push(`${failed} calls failed while the journal's disk was full`);
  await report("the journal's disk is full", storeUrl, load.calls, 0);
}

/** The gateway killed at random points, and started again where it was. */
async function kills(postgres: PostgresServer): Promise<void> {
  const storeUrl = await postgres.createDatabase();
  const place = newFolder();
  const calls: SentCall[] = [];
  const killedMs = new Map<SentCall, number>();
  for (let round = 1; round <= sizes.kills; round += 1) {
    const gateway = await startGatewayProcess({ folder: place, storeUrl });
    atEnd(() => gateway.end("SIGKILL"));
    const load = new Load(gateway.url, `kill-${round}`);
    load.begin();
    await pause(100 + Math.random() * sizes.aliveMs);
    const atMs = performance.now();
    await gateway.end("SIGKILL");
    await load.end();
    for (const call of load.calls) killedMs.set(call, atMs);
    calls.push(...load.calls);
  }
  const last = await startGatewayProcess({ folder: place, storeUrl });
  await last.end("SIGTERM");
  const lost = await report("kill -9", storeUrl, calls, sizes.kills * batchRecords);
  const ages = lost.map((call) => (killedMs.get(call) ?? 0) - call.answeredMs);
  const oldest = ages.reduce((one, other) => Math.max(one, other), 0);
  print(`${sizes.kills} kills: the oldest lost record was answered ${oldest.toFixed(0)} ms before`);
}

async function report(
  title: string,
  storeUrl: string,
  calls: readonly SentCall[],
  mayLose: number,
): Promise<readonly SentCall[]> {
  const { lost, doubled } = await findInLedger(storeUrl, calls);
  const answered = calls.filter(({ status }) => status === 200).length;
  print(`${title}: ${answered} calls answered, ${lost.length} records lost, ${doubled} doubled`);
  if (lost.length > mayLose || doubled > 0)
    problems.push(`${title}: ${lost.length} records lost, ${doubled} doubled`);
  return lost;
}

function newFolder(): string {
  return mkdtempSync(join(folder, "gateway-"));
}

function print(text: string): void {
  process.stdout.write(`${text}\n`);
}
