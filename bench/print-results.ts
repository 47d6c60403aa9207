import { tailConcurrency } from "./cases.ts";
import type { Comparison } from "./compare.ts";
import { type Cost, dialectSpreads, spreadBudget } from "./dialect-spread.ts";
import type { SpanCost } from "./first-calls.ts";
import { addedTimeBudgetMs } from "./first-token.ts";
import type { ProcessFacts, Results } from "./results.ts";
import { type WorkerCost, workersBudget } from "./worker-costs.ts";

/** The targets of a process: times, and memory over that of the bare proxy. */
const processBudgets = {
  firstMs: 500,
  laterMs: 300,
  readyBytes: 50e6,
  loadedBytes: 80e6,
} as const;

/**
 * Most that the slowest calls may take, as a multiple of the bare proxy's, and that a call may
 * leave to the old generation.
 */
const tailBudgets = { p99Ratio: 1.5, promotedBytes: 300 } as const;

type Row = readonly (string | number)[];

/** The results as Markdown tables, a target beside each number that has one. */
export function printResults(results: Results): string {
  const setting = Object.entries(results.setting).map(([name, value]) => `${name} ${value}`);
  return [
    `${setting.join(", ")}.`,
    "",
    ...unaryTable(results.comparisons.filter((one) => one.case.kind === "unary")),
    ...tailTable(results.comparisons),
    ...streamTable(results.comparisons.filter((one) => one.case.kind === "stream")),
    ...spreadTable(results.comparisons),
    ...addedTimeTable(results),
    ...workersTable(results.workers),
    ...firstCallsTable(results.firstCalls),
    ...processTable(results.bare, results.parlance),
  ].join("\n");
}

function unaryTable(comparisons: readonly Comparison[]): readonly string[] {
  const head = [
    "case",
    "callers",
    "bare CPU us",
    "Parlance CPU us",
    "ratio",
    "min..max",
    "target",
    "",
    "bare req/s",
  ];
  const rows = comparisons.map((one) => [
    one.case.title,
    one.case.concurrency,
    one.bare.cpuUsPerUnit.toFixed(0),
    one.parlance.cpuUsPerUnit.toFixed(0),
    ...ratioCells(one),
    one.bare.requestsPerSecond.toFixed(0),
    one.parlance.requestsPerSecond.toFixed(0),
    quantileCell(one.bare),
    quantileCell(one.parlance),
  ]);
  return table([...head, "Parlance req/s", "bare p50 / p99 ms", "Parlance p50 / p99 ms"], rows);
}

function tailTable(comparisons: readonly Comparison[]): readonly string[] {
  const { p99Ratio, promotedBytes } = tailBudgets;
  const rows = comparisons
    .filter((one) => one.case.kind === "unary" && one.case.concurrency === tailConcurrency)
    .flatMap(({ case: { title, concurrency }, bare, parlance }): Row[] => [
      [
        title,
        concurrency,
        "p99, ms",
        bare.p99Ms.toFixed(2),
        parlance.p99Ms.toFixed(2),
        `<= ${p99Ratio} x bare`,
        verdict(parlance.p99Ms / bare.p99Ms, p99Ratio),
      ],
      [
        title,
        concurrency,
        "bytes promoted a call",
        bare.promotedBytesPerRequest.toFixed(0),
        parlance.promotedBytesPerRequest.toFixed(0),
        `<= ${promotedBytes}`,
        verdict(parlance.promotedBytesPerRequest, promotedBytes),
      ],
    ]);
  return table(["tail", "callers", "what", "bare", "Parlance", "target", ""], rows);
}

function streamTable(comparisons: readonly Comparison[]): readonly string[] {
  const head = [
    "stream",
    "callers",
    "bare CPU us/frame",
    "Parlance CPU us/frame",
    "ratio",
    "min..max",
    "target",
    "",
  ];
  const rows = comparisons.map((one) => [
    one.case.title,
    one.case.concurrency,
    one.bare.cpuUsPerUnit.toFixed(1),
    one.parlance.cpuUsPerUnit.toFixed(1),
    ...ratioCells(one),
  ]);
  return table(head, rows);
}

function spreadTable(comparisons: readonly Comparison[]): readonly string[] {
  const head = [
    "same body, translated",
    "fastest dialect, CPU us",
    "slowest, CPU us",
    "slowest / fastest",
    "target",
    "",
  ];
  const rows = dialectSpreads(comparisons).map(({ body, fastest, slowest, factor }) => [
    body,
    costCell(fastest),
    costCell(slowest),
    factor.toFixed(2),
    `<= ${spreadBudget}`,
    verdict(factor, spreadBudget),
  ]);
  return table(head, rows);
}

function costCell({ dialect, ratio, cpuUs }: Cost): string {
  return `${dialect}: ${ratio.toFixed(2)} x bare, ${cpuUs.toFixed(1)} us`;
}

function ratioCells({ case: { budget }, ratio, ratioSpread: [least, greatest] }: Comparison): Row {
  const spread = `${least.toFixed(2)}..${greatest.toFixed(2)}`;
  return [
    ratio.toFixed(2),
    spread,
    budget === undefined ? "" : `<= ${budget}`,
    verdict(ratio, budget),
  ];
}

function quantileCell({ p50Ms, p99Ms }: { p50Ms: number; p99Ms: number }): string {
  return `${p50Ms.toFixed(2)} / ${p99Ms.toFixed(2)}`;
}

function addedTimeTable({ addedTimes }: Results): readonly string[] {
  const head = [
    "added time to first text, one caller",
    "bare p50 / p99 ms",
    "Parlance p50 / p99 ms",
    "target p99",
    "",
  ];
  const rows = addedTimes.map(({ title, bare, parlance }) => [
    title,
    quantileCell(bare),
    quantileCell(parlance),
    `<= ${addedTimeBudgetMs} ms`,
    verdict(parlance.p99Ms, addedTimeBudgetMs),
  ]);
  return table(head, rows);
}

function workersTable(costs: readonly WorkerCost[]): readonly string[] {
  const head = [
    "workers, 32 callers of 1KB",
    "CPU us",
    "ratio to one",
    "min..max",
    "target",
    "",
    "req/s",
  ];
  const rows = costs.map(({ workers, cpuUsPerRequest, requestsPerSecond, ratio, ratioSpread }) => {
    const [least, greatest] = ratioSpread;
    return [
      workers,
      cpuUsPerRequest.toFixed(0),
      ratio.toFixed(2),
      `${least.toFixed(2)}..${greatest.toFixed(2)}`,
      `<= ${workersBudget}`,
      verdict(ratio, workersBudget),
      requestsPerSecond.toFixed(0),
    ];
  });
  return table(head, rows);
}

function firstCallsTable(costs: readonly SpanCost[]): readonly string[] {
  const rows = costs.map(({ from, to, bareCpuUs, parlanceCpuUs }) => [
    `${from + 1} to ${to}`,
    bareCpuUs.toFixed(0),
    parlanceCpuUs.toFixed(0),
    (parlanceCpuUs / bareCpuUs).toFixed(2),
  ]);
  return table(["calls after the start, 1KB", "bare CPU us", "Parlance CPU us", "ratio"], rows);
}

function processTable(bare: ProcessFacts, parlance: ProcessFacts): readonly string[] {
  const megabytes = (bytes: number) => (Number.isNaN(bytes) ? "" : (bytes / 1e6).toFixed(0));
  const startCells = (startMs: number, budget: number) => [
    `<= ${budget}`,
    verdict(startMs, budget),
  ];
  const memoryCells = (bareBytes: number, bytes: number, budget: number) => [
    `<= bare + ${megabytes(budget)}`,
    verdict(bytes - bareBytes, budget),
  ];
  return table(
    ["process", "bare", "Parlance", "target", ""],
    [
      [
        "first start to ready, ms",
        bare.firstMs.toFixed(0),
        parlance.firstMs.toFixed(0),
        ...startCells(parlance.firstMs, processBudgets.firstMs),
      ],
      [
        "later starts, ms",
        bare.laterMs.toFixed(0),
        parlance.laterMs.toFixed(0),
        ...startCells(parlance.laterMs, processBudgets.laterMs),
      ],
      [
        "resident when ready, MB",
        megabytes(bare.readyBytes),
        megabytes(parlance.readyBytes),
        ...memoryCells(bare.readyBytes, parlance.readyBytes, processBudgets.readyBytes),
      ],
      [
        "resident after 1 KB unary load, MB",
        megabytes(bare.loadedBytes),
        megabytes(parlance.loadedBytes),
        ...memoryCells(bare.loadedBytes, parlance.loadedBytes, processBudgets.loadedBytes),
      ],
      ["most ever resident, MB", megabytes(bare.peakBytes), megabytes(parlance.peakBytes), "", ""],
    ],
  );
}

function verdict(value: number, budget: number | undefined): string {
  if (budget === undefined || Number.isNaN(value)) return "";
  return value <= budget ? "ok" : "over";
}

function table(head: readonly string[], rows: readonly Row[]): readonly string[] {
  if (rows.length === 0) return [];
  const line = (cells: Row) => `| ${cells.join(" | ")} |`;
  return [line(head), line(head.map(() => "---")), ...rows.map(line), ""];
}
