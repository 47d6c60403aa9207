import { execFile, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { freePort } from "../redis/free-port.ts";
import { until } from "../redis/until.ts";

/** Where prometheus and promtool are; scripts/ensure-tools.sh puts them there. */
const folder = process.env.PROMETHEUS_BIN_PATH ?? "/usr/local/lib/prometheus-for-tests";

/** Runs promtool; gives what it says, and rejects where it finds a fault. */
export async function promtool(args: readonly string[], input = ""): Promise<string> {
  const running = promisify(execFile)(join(folder, "promtool"), [...args]);
  running.child.stdin?.end(input);
  const { stdout, stderr } = await running;
  return stdout + stderr;
}

/** A Prometheus that scrapes a gateway. */
export interface Prometheus {
  /** Evaluates a query; gives the values by their labels as JSON. */
  query(text: string): Promise<readonly PromSample[]>;
  close(): Promise<void>;
}

/** A value of an instant vector, with its labels. */
export interface PromSample {
  readonly metric: Readonly<Record<string, string>>;
  readonly value: readonly [number, string];
}

/** Starts a Prometheus that scrapes `127.0.0.1:port` five times a second with a key. */
export async function startPrometheus(
  port: number,
  key: string,
  rules: readonly string[] = [],
): Promise<Prometheus> {
  const work = mkdtempSync(join(tmpdir(), "prometheus-"));
  const config = {
    global: { scrape_interval: "200ms", scrape_timeout: "200ms", evaluation_interval: "200ms" },
    rule_files: rules,
    scrape_configs: [
      {
        job_name: "parlance",
        authorization: { credentials: key },
        static_configs: [{ targets: [`127.0.0.1:${port}`] }],
      },
    ],
  };
  mkdirSync(join(work, "data"));
  writeFileSync(join(work, "prometheus.yml"), JSON.stringify(config));
  const own = await freePort();
  const url = `http://127.0.0.1:${own}`;
  const running = spawn(
    join(folder, "prometheus"),
    [
      `--config.file=${join(work, "prometheus.yml")}`,
      `--storage.tsdb.path=${join(work, "data")}`,
      `--web.listen-address=127.0.0.1:${own}`,
      "--enable-feature=exemplar-storage",
    ],
    { stdio: "ignore" },
  );
  const ended = once(running, "exit");
  const close = async (): Promise<void> => {
    running.kill("SIGKILL");
    await ended;
    rmSync(work, { recursive: true, force: true });
  };
  await until(async () => (await fetch(`${url}/-/ready`).catch(() => undefined))?.ok === true);
  return {
    async query(text) {
      const reply = await fetch(`${url}/api/v1/query?query=${encodeURIComponent(text)}`);
      const answer: unknown = await reply.json();
      const { status, data, error } = answer as {
        status: string;
        data: { result: PromSample[] };
        error?: string;
      };
      if (status !== "success") throw new Error(`${text}: ${error}`);
      return data.result;
    },
    close,
  };
}
