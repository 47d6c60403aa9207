/**
 * What a stored answer of 1 KB in one dialect costs, as a multiple of the bare proxy, which calls the
 * vendor: `node bench/policies-cache-hit.ts [--smoke]`.
 */
import { comparePrograms } from "./compare-programs.ts";
import { bareProxyProgram, cachingProgram } from "./programs.ts";

await comparePrograms(
  {
    name: "policies-cache-hit",
    columns: ["bare", "hit"],
    budget: 0.6,
    contenders: (origins, workFolder, script) => [
      { program: bareProxyProgram(origins), request: ({ bare }) => bare },
      { program: cachingProgram(origins, workFolder, script) },
    ],
  },
  process.argv.slice(2),
);
