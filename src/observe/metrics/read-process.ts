import { readdirSync } from "node:fs";
import type { Reading } from "../../core/metrics/summed-metrics.ts";

/** The process as metrics see it; `process` is one. */
export interface HostProcess {
  readonly version: string;
  cpuUsage(): { readonly user: number; readonly system: number };
  readonly memoryUsage: { rss(): number };
  uptime(): number;
}

/** When a process started, in whole seconds since 1970. */
export function startOf(host: HostProcess): number {
  return Math.round(Date.now() / 1000 - host.uptime());
}

/** What the system says of a process that started at a time. */
export function* readProcess(host: HostProcess, startedS: number): Generator<Reading, void> {
  const { user, system } = host.cpuUsage();
  yield { metric: "cpu", labels: [], value: (user + system) / 1_000_000 };
  yield { metric: "resident", labels: [], value: host.memoryUsage.rss() };
  yield { metric: "startTime", labels: [], value: startedS };
  const files = openFiles();
  if (files !== undefined) yield { metric: "openFiles", labels: [], value: files };
}

/** Undefined where the system does not say, as outside of Linux. */
function openFiles(): number | undefined {
  try {
    // The one that the folder is read by is not counted.
    return readdirSync("/proc/self/fd").length - 1;
  } catch {
    return undefined;
  }
}
