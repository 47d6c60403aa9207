/**
 * What metrics and a sink of files cost a call of 1 KB in one dialect, as a multiple of the same
 * gateway without them: `node bench/observe-sink.ts [--smoke]`.
 */
import { join } from "node:path";
import { comparePrograms } from "./compare-programs.ts";
import { observedProgram, uncountedProgram } from "./programs.ts";

await comparePrograms(
  {
    name: "observe-sink",
    columns: ["without", "with"],
    budget: 1.1,
    contenders: (origins, workFolder, script) => {
      const observe = { sinks: [{ jsonl: { dir: join(workFolder, "calls") } }] };
      return [
        { program: uncountedProgram(origins, workFolder, script) },
        {
          program: observedProgram(origins, { name: "sink", observe }, { workFolder, script }),
        },
      ];
    },
  },
  process.argv.slice(2),
);
