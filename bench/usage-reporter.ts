/**
 * Loaded before the program under test (`node --import`). Answers its parent over IPC: how much CPU
 * time and memory this process has used, and CPU profiles on demand. It keeps the process alive for
 * nothing, and ends it when the parent is gone.
 */
import type { Session } from "node:inspector/promises";

/** What a parent can ask of a process under test. */
export type Question = "usage" | "profile_start" | "profile_stop";

/** CPU time since the process began and memory, in the units of the names. */
export interface Usage {
  readonly cpuUs: number;
  readonly residentBytes: number;
  readonly peakResidentBytes: number;
}

let profiler: Session | undefined;

async function answer(question: Question): Promise<unknown> {
  switch (question) {
    case "usage": {
      const { user, system } = process.cpuUsage();
      const { rss: residentBytes } = process.memoryUsage();
      return {
        cpuUs: user + system,
        residentBytes,
        peakResidentBytes: process.resourceUsage().maxRSS * 1024,
      };
    }
    case "profile_start":
      profiler = new (await import("node:inspector/promises")).Session();
      profiler.connect();
      await profiler.post("Profiler.enable");
      await profiler.post("Profiler.setSamplingInterval", { interval: 200 });
      await profiler.post("Profiler.start");
      return {};
    case "profile_stop":
      return (await profiler?.post("Profiler.stop"))?.profile;
  }
}

process.on("message", async (question: Question) => {
  process.send?.(await answer(question));
});
process.once("disconnect", () => process.exit(0));
process.channel?.unref();
