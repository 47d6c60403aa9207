/**
 * What every policy together costs a call of 1 KB in one dialect, as a multiple of the same gateway
 * without them: `node bench/policies-all.ts [--smoke]`.
 */
import { comparePrograms } from "./compare-programs.ts";
import { parlanceProgram, policiesProgram } from "./programs.ts";

await comparePrograms(
  {
    name: "policies-all",
    columns: ["without", "with"],
    budget: 1.1,
    contenders: (origins, workFolder, script) => [
      { program: parlanceProgram(origins, workFolder, script)() },
      { program: policiesProgram(origins, workFolder, script) },
    ],
  },
  process.argv.slice(2),
);
