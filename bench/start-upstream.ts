import { spawn } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { stopProcess } from "./program-process.ts";
import type { UpstreamName } from "./upstream-names.ts";

/** The upstream's process. */
export interface Upstream {
  readonly origins: Readonly<Record<UpstreamName, string>>;
  stop(): Promise<void>;
}

/** Starts the upstream in a process of its own and waits until it listens. */
export async function startUpstream(): Promise<Upstream> {
  const child = spawn(process.execPath, [join(import.meta.dirname, "upstream.ts")], {
    stdio: ["ignore", "ignore", "inherit", "ipc"],
  });
  const [origins] = await once(child, "message", { signal: AbortSignal.timeout(20_000) });
  return { origins, stop: () => stopProcess(child) };
}
