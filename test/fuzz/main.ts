/** Attacks a gateway of its own on loopback: `npm run fuzz -- --help`. */
import { printFindings } from "./finding.ts";
import { parseOptions, usageText } from "./options.ts";
import { parts } from "./parts.ts";
import { runFuzz } from "./run-fuzz.ts";

async function main(argv: readonly string[]): Promise<number> {
  const say = (text: string): void => void process.stdout.write(`${text}\n`);
  if (argv.includes("--help")) {
    say(usageText);
    return 0;
  }
  const options = parseOptions(
    argv,
    parts.map(({ name }) => name),
  );
  say(`seed ${options.seed}`);
  const findings = await runFuzz(parts, options, say);
  if (findings.length === 0) {
    say("nothing was found");
    return 0;
  }
  say(printFindings(findings, options.seed, options.at !== undefined));
  return 1;
}

// Leaving by way of exit ends the gateways too.
for (const signal of ["SIGINT", "SIGTERM"] as const) process.once(signal, () => process.exit(1));
process.exitCode = await main(process.argv.slice(2));
