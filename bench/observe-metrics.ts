/**
 * What metrics cost a call of 1 KB in one dialect, as a multiple of the same gateway without them:
 * `node bench/observe-metrics.ts [--smoke]`.
 */
import { comparePrograms } from "./compare-programs.ts";
import { parlanceProgram, uncountedProgram } from "./programs.ts";

await comparePrograms(
  {
    name: "observe-metrics",
    columns: ["without", "with"],
    budget: 1.05,
    contenders: (origins, workFolder, script) => [
      { program: uncountedProgram(origins, workFolder, script) },
      { program: parlanceProgram(origins, workFolder, script)() },
    ],
  },
  process.argv.slice(2),
);
