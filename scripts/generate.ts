// Writes every generated file of the repository, in order. With --check it then fails when git sees that one of them was
// stale. A generator is one row: what to run, and the paths that it alone writes.
import { execFileSync } from "node:child_process";

interface Generator {
  readonly command: readonly [program: string, ...arguments_: string[]];
  readonly writes: readonly string[];
}

const generators: readonly Generator[] = [
  { command: ["node", "scripts/render-validate-proto.ts"], writes: ["proto/vendor/buf"] },
  { command: ["buf", "generate"], writes: ["gen"] },
];

function run(command: Generator["command"]): void {
  const [program, ...rest] = command;
  execFileSync(program, rest, { stdio: "inherit" });
}

for (const generator of generators) run(generator.command);

if (process.argv.includes("--check")) {
  run(["scripts/tree-clean.sh", ...generators.flatMap((generator) => generator.writes)]);
}
