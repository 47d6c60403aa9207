import { parseArgs } from "node:util";

/** What a run was asked to do. */
export interface FuzzOptions {
  /** Makes every input. */
  readonly seed: number;
  /** A part of every part. */
  readonly short: boolean;
  /** The only part to play. Absent: all. */
  readonly only: string | undefined;
  /** The only case of that part. Absent: all. */
  readonly at: number | undefined;
}

/** What `--help` says. */
export const usageText = `npm run fuzz [-- --short] [--seed N] [--only PART [--at K]]

  --short      some of each part: half a minute
  --seed N     makes every input, 0 to 4294967295 (1)
  --only PART  this part alone: requests, vendors, frames, aborts, reloads or slow
  --at K       this case of it alone, as a finding names it
`;

/** Reads the command line. Throws on what it does not know and on numbers out of range. */
export function parseOptions(argv: readonly string[], partNames: readonly string[]): FuzzOptions {
  const { values } = parseArgs({
    args: [...argv],
    options: {
      seed: { type: "string", default: "1" },
      short: { type: "boolean", default: false },
      only: { type: "string" },
      at: { type: "string" },
    },
  });
  const { only, at } = values;
  if (only !== undefined && !partNames.includes(only)) {
    throw new Error(`--only takes one of ${partNames.join(", ")}, not ${only}`);
  }
  if (at !== undefined && only === undefined)
    throw new Error("--at needs --only: it is a case of one part");
  return {
    seed: wholeNumber("--seed", values.seed),
    short: values.short,
    only,
    at: at === undefined ? undefined : wholeNumber("--at", at),
  };
}

function wholeNumber(name: string, text: string): number {
  const value = Number(text);
  if (/^\d+$/.test(text) && value < 2 ** 32) return value;
  throw new Error(`${name} takes a whole number from 0 to 4294967295, not ${text}`);
}
