import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { describe, expect, it, onTestFinished } from "vitest";
import { program } from "../cli/program.ts";
import { startMeteredVendor } from "../policies/budgets/proof/metered-vendor.ts";
import { until } from "../redis/until.ts";
import { chat, readLedger, scratchFolder, storeConfig } from "./store-gateway.ts";

interface Served {
  readonly url: string;
  end(signal: NodeJS.Signals): Promise<void>;
}

/** Starts the program itself in a folder. */
async function serve(folder: string): Promise<Served> {
  const child: ChildProcess = spawn(
    process.execPath,
    [program, "serve", "--config", "parlance.json", "--log", "none"],
    { cwd: folder, stdio: ["ignore", "pipe", "pipe"] },
  );
  const end = async (signal: NodeJS.Signals): Promise<void> => {
    if (child.exitCode !== null || child.signalCode !== null) return;
    const ended = once(child, "exit");
    child.kill(signal);
    await ended;
  };
  onTestFinished(() => end("SIGKILL"));
  const { promise, resolve, reject } = Promise.withResolvers<string>();
  let said = "";
  for (const stream of [child.stdout, child.stderr])
    if (stream !== null)
      createInterface(stream).on("line", (line) => {
        said += `${line}\n`;
        const url = /http:\/\/127\.0\.0\.1:\d+/.exec(line)?.[0];
        if (url !== undefined) resolve(url);
      });
  child.once("exit", (code) => reject(new Error(`it ended with ${code}: ${said}`)));
  return { url: await promise, end };
}

/** Sends calls one after the other, until one is not answered. */
async function sendCalls(
  url: string,
  count: number,
  calls: {
    readonly user: (at: number) => string;
    readonly onAnswer: (user: string, at: number) => void;
  },
): Promise<void> {
  for (let at = 0; at < count; at += 1) {
    const user = calls.user(at);
    if ((await chat(url, { user }).catch(() => 0)) !== 200) return;
    calls.onAnswer(user, at);
  }
}

/** More calls than one batch has are never lost. */
const batchRows = 256;

describe("the program with a store", () => {
  for (const workers of [1, 2])
    it(`loses no more than the last batch at kill -9, and nothing at SIGTERM: ${workers} workers`, async () => {
      const folder = scratchFolder();
      const server = { host: "127.0.0.1", port: 0, workers: String(workers), drain_delay: "0s" };
      writeFileSync(join(folder, "parlance.json"), storeConfig({ sqlite: {} }, { server }));
      const read = async () => {
        const rows = await readLedger({ kind: "sqlite", path: join(folder, "data/parlance.db") });
        return rows.map(({ endUser }) => endUser);
      };
      const answered = new Set<string>();
      for (const round of [1, 2, 3]) {
        const { url, end } = await serve(folder);
        // Some are under way while it is killed, after a number of calls that is not always the same.
        const count = 20 + Math.floor(Math.random() * 120);
        const sent = [0, 1, 2, 3, 4, 5, 6, 7].map((lane) =>
          sendCalls(url, count, {
            user: (at) => `${round}-${lane}-${at}`,
            onAnswer(user, at) {
              answered.add(user);
              if (lane === 0 && at === Math.floor(count / 2)) void end("SIGKILL");
            },
          }),
        );
        await Promise.all(sent);
        await end("SIGKILL");
      }
      const last = await serve(folder);
      for (const at of [1, 2, 3]) {
        expect(await chat(last.url, { user: `last-${at}` })).toBe(200);
        answered.add(`last-${at}`);
      }
      await last.end("SIGTERM");
      const kept = await read();
      expect(new Set(kept).size).toBe(kept.length);
      const lost = [...answered].filter((user) => !kept.includes(user));
      expect(lost.length).toBeLessThanOrEqual(3 * workers * batchRows);
      expect(lost.filter((user) => user.startsWith("last"))).toEqual([]);
      // What is lost of a lane is its end: a record is never lost where a later one was kept.
      for (const user of lost) {
        const [round, lane, at] = user.split("-").map(Number);
        const later = kept.filter((one) => {
          const [r, l, a] = one.split("-").map(Number);
          return workers === 1 && r === round && l === lane && (a ?? 0) > (at ?? 0);
        });
        expect(later).toEqual([]);
      }
    });

  it("has the calls that were under way at kill -9 in the ledger, once, with an estimate", async () => {
    const folder = scratchFolder();
    const vendor = await startMeteredVendor();
    const prices = { tokens: { input: "1", output: "4" } };
    const more = {
      server: { host: "127.0.0.1", port: 0, drain_delay: "0s" },
      providers: { far: { kind: "openai_compatible", base_url: vendor.url } },
      models: [{ name: "fast", targets: [{ model: "far/m", facts: { prices } }] }],
    };
    const store = { sqlite: {}, journal: { intents: true } };
    writeFileSync(join(folder, "parlance.json"), storeConfig(store, more));
    const first = await serve(folder);
    expect(await chat(first.url, { user: "ended", max_tokens: 5 })).toBe(200);
    vendor.hold();
    const cut = chat(first.url, { user: "under way", max_tokens: 5 }).catch(() => "cut");
    const journal = join(folder, "data/parlance.journal/0");
    const intents = () => readdirSync(journal).filter((name) => name.startsWith("intents-"));
    await until(() =>
      intents().some((name) => readFileSync(join(journal, name), "utf8").includes("under way")),
    );
    await first.end("SIGKILL");
    expect(await cut).toBe("cut");
    await (await serve(folder)).end("SIGTERM");
    const rows = await readLedger({ kind: "sqlite", path: join(folder, "data/parlance.db") });
    const under = rows.filter(({ endUser }) => endUser === "under way");
    expect(under).toMatchObject([
      {
        ...{ key: "dev", team: "support", model: "fast", target: "far/m", tags: ["web"] },
        ...{ status: "broken", reason: "PROCESS_ENDED", estimated: true },
        usage: { inputTokens: expect.any(BigInt), outputTokens: 0n },
        cost: { kind: "priced" },
        attempts: [{ reason: "PROCESS_ENDED", estimated: true, dialect: "openai-chat" }],
      },
    ]);
    const [cost] = under.map((row) => (row.cost.kind === "priced" ? row.cost.nanoUsd : 0n));
    expect(cost).toBeGreaterThan(0n);
  });
});
