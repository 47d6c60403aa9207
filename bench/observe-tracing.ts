/**
 * What tracing of one call in a hundred costs a call of 1 KB in one dialect, as a multiple of the
 * same gateway without it: `node bench/observe-tracing.ts [--smoke]`.
 */
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { comparePrograms } from "./compare-programs.ts";
import { observedProgram, parlanceProgram } from "./programs.ts";

// A collector that takes all that comes.
const collector = createServer((request, response) => {
  request.resume();
  request.once("end", () => response.writeHead(200).end());
});
await new Promise<void>((resolve) => collector.listen(0, "127.0.0.1", resolve));
const { port } = collector.address() as AddressInfo; // it listens on TCP
const tracing = { otlp: { url: `http://127.0.0.1:${port}` }, sample_percent: 1 };

await comparePrograms(
  {
    name: "observe-tracing",
    columns: ["without", "with"],
    budget: 1.03,
    contenders: (origins, workFolder, script) => [
      { program: parlanceProgram(origins, workFolder, script)() },
      {
        program: observedProgram(
          origins,
          { name: "traced", observe: { tracing } },
          {
            workFolder,
            script,
          },
        ),
      },
    ],
  },
  process.argv.slice(2),
);
collector.closeAllConnections();
collector.close();
