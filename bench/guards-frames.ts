/**
 * What a guard that masks costs each frame of a stream in one dialect, as a multiple of the same
 * gateway without it: `node bench/guards-frames.ts [--smoke]`.
 */
import { comparePrograms } from "./compare-programs.ts";
import { guardedProgram, parlanceProgram } from "./programs.ts";

await comparePrograms(
  {
    name: "guards-frames",
    columns: ["without", "with"],
    budget: 1.5,
    load: { case: "stream-openai", title: "a frame, one dialect" },
    contenders: (origins, workFolder, script) => [
      { program: parlanceProgram(origins, workFolder, script)() },
      { program: guardedProgram(origins, workFolder, script) },
    ],
  },
  process.argv.slice(2),
);
