/** Something that must not have happened. */
export interface Finding {
  readonly part: string;
  /** The case that did it; undefined where that is not known. */
  readonly at: number | undefined;
  /** A short phrase, the same for all findings of its kind. */
  readonly what: string;
  /** The input and what came of it. */
  readonly detail: string;
  /** The input as a row of rows.ts, printed where the case is played alone. */
  readonly row?: object;
}

/** Takes what a case found. */
export type Report = (what: string, detail: string, row?: object) => void;

/** How many findings of one kind are printed. */
const shownOfEach = 3;

/** Prints findings for people: those of a kind together, each with the command that replays it. */
export function printFindings(
  findings: readonly Finding[],
  seed: number,
  withRows = false,
): string {
  const kinds = Map.groupBy(findings, ({ part, what }) => `${part}: ${what}`);
  return [...kinds]
    .map(([kind, found]) => {
      const shown = found
        .slice(0, shownOfEach)
        .map((finding) => printFinding(finding, seed, withRows));
      const more =
        found.length > shownOfEach ? [`  and ${found.length - shownOfEach} more of this kind`] : [];
      return [`FAILED ${kind} (${found.length})`, ...shown, ...more].join("\n");
    })
    .join("\n");
}

function printFinding({ part, at, detail, row }: Finding, seed: number, withRow: boolean): string {
  const command =
    at === undefined ? "" : `  npm run fuzz -- --seed ${seed} --only ${part} --at ${at}\n`;
  const told = withRow ? detail : detail.slice(0, 900);
  const rowText =
    withRow && row !== undefined ? `\n  a row of test/fuzz/rows.ts: ${JSON.stringify(row)}` : "";
  return `${command}    ${told.replaceAll("\n", "\n    ")}${rowText}`;
}
