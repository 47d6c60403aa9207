/**
 * Loaded before the program under test (`node --import`). Answers its parent over IPC: how much CPU
 * time and memory this process has used, what outlived minor collections, and CPU profiles on
 * demand. It keeps the process alive for nothing, and ends it when the parent is gone.
 */
import type { Session } from "node:inspector/promises";
import { countSurvivors } from "./survivors.ts";

/** What a parent can ask of a process under test. */
export type Question = "usage" | "profile_start" | "profile_stop";

/** CPU time and promoted bytes since the process began and memory, in the units of the names. */
export interface Usage {
  readonly cpuUs: number;
  readonly residentBytes: number;
  readonly peakResidentBytes: number;
  /** What minor collections moved into the old generation. */
  readonly promotedBytes: number;
}

const survivors = countSurvivors();
let profiler: Session | undefined;

async function answer(question: Question): Promise<unknown> {
  switch (question) {
    case "usage": {
      const { user, system } = process.cpuUsage();
      const { rss: residentBytes } = process.memoryUsage();
      const peakResidentBytes = process.resourceUsage().maxRSS * 1024;
      return {
        cpuUs: user + system,
        residentBytes,
        peakResidentBytes,
        promotedBytes: survivors.promotedBytes(),
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
