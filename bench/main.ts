/** Compares Parlance with a bare proxy and prints Markdown tables: `node bench/main.ts --help`. */
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseOptions, usageText } from "./options.ts";
import { printResults } from "./print-results.ts";
import { runBench } from "./run-bench.ts";

async function main(argv: readonly string[]): Promise<void> {
  if (argv.includes("--help")) {
    process.stdout.write(usageText);
    return;
  }
  const options = parseOptions(argv);
  const workFolder = mkdtempSync(join(tmpdir(), "parlance-bench-"));
  try {
    const results = await runBench(options, workFolder, (line) =>
      process.stderr.write(`${line}\n`),
    );
    if (options.json !== undefined)
      writeFileSync(options.json, `${JSON.stringify(plain(results), null, 2)}\n`);
    process.stdout.write(printResults(results));
  } finally {
    rmSync(workFolder, { recursive: true });
  }
}

/** Results without the prepared requests, whose bytes say nothing to a reader. */
function plain(results: Awaited<ReturnType<typeof runBench>>): object {
  const comparisons = results.comparisons.map(
    ({ case: { name, title, concurrency, budget }, ...numbers }) => ({
      case: { name, title, concurrency, budget },
      ...numbers,
    }),
  );
  return { ...results, comparisons };
}

// Leaving by way of exit ends the processes under test too.
for (const signal of ["SIGINT", "SIGTERM"] as const) process.once(signal, () => process.exit(1));
await main(process.argv.slice(2));
