import { mkdtempSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { freePort } from "./free-port.ts";
import { type RedisServer, startRedis } from "./start-redis.ts";
import { until } from "./until.ts";

/** A master with a replica, and the sentinel that fails over between them. */
export interface SentinelSetup {
  readonly master: RedisServer;
  readonly replica: RedisServer;
  readonly sentinel: RedisServer;
}

/** Starts them; the sentinel knows the master as `main`. */
export async function startSentinel(): Promise<SentinelSetup> {
  const masterPort = await freePort();
  const master = await startRedis({ port: masterPort });
  const replica = await startRedis({
    port: await freePort(),
    args: ["--replicaof", "127.0.0.1", String(masterPort), "--repl-diskless-sync-delay", "0"],
  });
  const file = join(mkdtempSync(join(tmpdir(), "sentinel-")), "sentinel.conf");
  writeFileSync(
    file,
    [
      `sentinel monitor main 127.0.0.1 ${masterPort} 1`,
      "sentinel down-after-milliseconds main 300",
      "sentinel failover-timeout main 2000",
    ].join("\n"),
  );
  await until(async () =>
    (await replica.command("INFO", "replication")).includes("link_status:up"),
  );
  const sentinel = await startRedis({ port: await freePort(), sentinel: file });
  await until(async () => {
    const known = await sentinel.command("SENTINEL", "MASTER", "main");
    return /"num-slaves","1"/.test(known);
  });
  return { master, replica, sentinel };
}
