// Writes every generated file of the repository, in order. With --check it then fails when git sees
// that one of them was stale. A generator is one row: what to run, and the paths that it alone
// writes.
import { spawnSync } from "node:child_process";

type Command = readonly [program: string, ...args: string[]];

const generators: readonly { readonly command: Command; readonly writes: readonly string[] }[] = [
  { command: ["node", "scripts/render-validate-proto.ts"], writes: ["proto/vendor/buf"] },
  { command: ["buf", "generate"], writes: ["gen"] },
  { command: ["node", "scripts/generate-model-facts.ts"], writes: ["gen/facts"] },
  { command: ["node", "scripts/generate-config-schema.ts"], writes: ["docs/config.schema.json"] },
  { command: ["node", "scripts/generate-fidelity.ts"], writes: ["docs/fidelity.md"] },
  {
    command: ["node", "scripts/generate-litellm-settings.ts"],
    writes: ["docs/migrating-from-litellm.md"],
  },
  { command: ["node", "scripts/generate-lint-layers.ts"], writes: ["biome.json"] },
  { command: ["node", "scripts/generate-layer-picture.ts"], writes: ["docs/layers.svg"] },
];

function run([program, ...args]: Command): void {
  const { status, error } = spawnSync(program, args, { stdio: "inherit" });
  if (status === 0) return;
  console.error(
    `${[program, ...args].join(" ")} failed${error === undefined ? "" : `: ${error.message}`}`,
  );
  process.exit(1);
}

for (const { command } of generators) run(command);

if (process.argv.includes("--check"))
  run(["scripts/tree-clean.sh", ...generators.flatMap(({ writes }) => writes)]);
