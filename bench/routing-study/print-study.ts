import { approaches } from "./approaches.ts";
import type { Measure } from "./measure.ts";
import type { Chapter } from "./study.ts";

/** The chapters of the page on the study: what happens, a picture and a table for each scenario. */
export function printChapters(chapters: readonly Chapter[]): string {
  return chapters
    .map(({ scenario: { name, title, about }, findings }) => {
      const rows = findings.map(({ approach, measure }) => printRow(approach.name, measure));
      return [
        `### ${title}`,
        about,
        `![${title}: the time to the first token](routing-study/${name}.svg)`,
        [
          "| | answered | p50 ms | p99 ms | $ for 1,000 calls | extra calls |",
          "|---|---:|---:|---:|---:|---:|",
          ...rows,
        ].join("\n"),
      ].join("\n\n");
    })
    .join("\n\n");
}

function printRow(name: string, { success, p50Ms, p99Ms, costUsd, extraCalls }: Measure): string {
  const cells = [
    printName(name),
    `${success.toFixed(2)} %`,
    printMs(p50Ms),
    printMs(p99Ms),
    costUsd.toFixed(2),
    `${extraCalls.toFixed(1)} %`,
  ];
  return `| ${cells.join(" | ")} |`;
}

/** The 99th percentiles of all scenarios in one table. */
export function printSummary(chapters: readonly Chapter[]): string {
  const titles = chapters.map(({ scenario }) => scenario.title.toLowerCase());
  const rows = approaches.map(({ name }) => {
    const cells = chapters.map(({ findings }) => {
      const found = findings.find(({ approach }) => approach.name === name);
      return found === undefined ? "" : printMs(found.measure.p99Ms);
    });
    return `| ${[printName(name), ...cells].join(" | ")} |`;
  });
  return [
    `| p99 to the first token, ms | ${titles.join(" | ")} |`,
    `|---|${titles.map(() => "---:|").join("")}`,
    ...rows,
  ].join("\n");
}

/** Strategies as code, as the config has them. */
function printName(name: string): string {
  return name.replace(/^[A-Z_]+/, "`$&`");
}

/** A percentile that falls among calls that failed is no time. */
function printMs(ms: number): string {
  return Number.isFinite(ms) ? Math.round(ms).toLocaleString("en") : "failed";
}
