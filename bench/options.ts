import { parseArgs } from "node:util";

/** What a run of the benchmark was asked to do. */
export interface BenchOptions {
  /** Little load, to see that everything works; its numbers mean nothing. */
  readonly smoke: boolean;
  /** Cases whose names contain one of these. Empty: all. */
  readonly only: readonly string[];
  /** File that gets all numbers as JSON. */
  readonly json: string | undefined;
  /** Compare the bare proxy with itself: how far from 1 the ratios are by chance. */
  readonly selfCheck: boolean;
  readonly rounds: number;
  readonly roundMs: number;
}

/** What `--help` says. */
export const usageText = `node bench/main.ts [--smoke] [--only NAMES] [--json FILE] [--rounds N] [--round-ms N] [--self-check]

  --smoke       little load, to see that everything works
  --only NAMES  only the cases whose names contain one of NAMES, which commas separate; "workers":
                calls with 1, 2 and 4 workers; "first-calls": what calls cost just after the start
  --json FILE   write all numbers to FILE
  --rounds N    rounds for each case, 1 to 100 (5)
  --round-ms N  length of a round in milliseconds, 50 to 60000 (1000)
  --self-check  compare the bare proxy with itself
`;

/** Reads the command line. Throws on what it does not know and on numbers out of range. */
export function parseOptions(argv: readonly string[]): BenchOptions {
  const { values } = parseArgs({
    args: [...argv],
    options: {
      smoke: { type: "boolean", default: false },
      only: { type: "string", default: "" },
      json: { type: "string" },
      rounds: { type: "string" },
      "round-ms": { type: "string" },
      "self-check": { type: "boolean", default: false },
    },
  });
  return {
    smoke: values.smoke,
    only: values.only.split(",").filter((name) => name !== ""),
    json: values.json,
    selfCheck: values["self-check"],
    rounds: wholeNumber("--rounds", values.rounds ?? (values.smoke ? "1" : "5"), 1, 100),
    roundMs: wholeNumber(
      "--round-ms",
      values["round-ms"] ?? (values.smoke ? "100" : "1000"),
      50,
      60_000,
    ),
  };
}

function wholeNumber(name: string, text: string, least: number, greatest: number): number {
  const value = Number(text);
  if (Number.isInteger(value) && value >= least && value <= greatest) return value;
  throw new Error(`${name} takes a whole number from ${least} to ${greatest}, not ${text}`);
}
