import { lowestLatency, lowestLatencyHedged, weighted } from "./approaches.ts";
import { percentile, sortedWaits } from "./measure.ts";
import type { Run } from "./run-scenario.ts";
import { lengthMs, type Scenario } from "./scenarios.ts";
import type { Chapter, Finding } from "./study.ts";

/** Where a part of the picture is, in pixels. */
interface Frame {
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
}

const size = { width: 880, height: 300 };
const overTime: Frame = { x: 60, y: 40, width: 440, height: 200 };
const tail: Frame = { x: 580, y: 40, width: 280, height: 200 };

/** The times to the first token that are shown, in milliseconds, on a logarithmic scale. */
const shownMs = [100, 30_000] as const;
const ticksMs = [100, 300, 1000, 3000, 10_000, 30_000];
/** The calls of so many milliseconds make one point. */
const binMs = 2000;
/** The shares of calls that are shown, on a logarithmic scale. */
const shownShare = [0.001, 1] as const;

const lines = [
  { approach: weighted, style: "a" },
  { approach: lowestLatency, style: "b" },
  { approach: lowestLatencyHedged, style: "c" },
] as const;

const style = `
svg{--ink:#1f2328;--faint:#d0d7de;--paper:#fff;--shade:#fff1e5;--a:#cf222e;--b:#0969da;--c:#1a7f37}
@media(prefers-color-scheme:dark){svg{--ink:#e6edf3;--faint:#30363d;--paper:#0d1117;--shade:#341a00;--a:#ff7b72;--b:#58a6ff;--c:#56d364}}
text{font:12px sans-serif;fill:var(--ink)}.end{text-anchor:end}.middle{text-anchor:middle}
.grid{stroke:var(--faint);fill:none}.trouble{fill:var(--shade)}
.line{fill:none;stroke-width:1.8;stroke-linejoin:round}
.a{stroke:var(--a)}.b{stroke:var(--b);stroke-dasharray:7 3}.c{stroke:var(--c);stroke-dasharray:2 3}
`.trim();

/**
 * Draws the time to the first token in a scenario: over its time, and its distribution. Readable on
 * light and on dark pages, and without colours.
 */
export function drawPicture({ scenario, findings }: Chapter): string {
  const shown = lines.flatMap(({ approach, style: name }) => {
    const found = findings.find((one) => one.approach === approach);
    return found === undefined ? [] : [{ found, name }];
  });
  const title = `${scenario.title}: the time to the first token`;
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${size.width} ${size.height}" width="${size.width}" height="${size.height}" role="img" aria-label="${title}">`,
    `<style>${style}</style>`,
    `<path d="M0 0H${size.width}V${size.height}H0z" fill="var(--paper)"/>`,
    drawTrouble(scenario),
    drawTimeAxes(),
    ...shown.map(({ found, name }) => drawLine(name, timePoints(found.runs))),
    drawTailAxes(),
    ...shown.map(({ found, name }) => drawLine(name, tailPoints(found.runs))),
    ...shown.map(({ found, name }, at) => drawKey(found, name, at)),
    "</svg>",
    "",
  ].join("\n");
}

function drawTrouble({ trouble }: Scenario): string {
  if (trouble === undefined) return "";
  const [from, to] = trouble.map((ms) => round(timeX(ms)));
  return `<path class="trouble" d="M${from} ${overTime.y}H${to}V${bottom(overTime)}H${from}z"/>`;
}

function drawTimeAxes(): string {
  const levels = ticksMs.map((ms) => {
    const y = round(waitY(ms));
    return `<path class="grid" d="M${overTime.x} ${y}H${right(overTime)}"/><text class="end" x="${overTime.x - 6}" y="${y + 4}">${printMs(ms)}</text>`;
  });
  const times = [0, 30, 60, 90, 120, 150].map(
    (s) =>
      `<text class="middle" x="${round(timeX(s * 1000))}" y="${bottom(overTime) + 18}">${s} s</text>`,
  );
  const title = `<text x="${overTime.x}" y="${overTime.y - 14}">95 of 100 calls had their first token within</text>`;
  return [title, ...levels, ...times].join("\n");
}

function drawTailAxes(): string {
  const levels = [1, 0.1, 0.01, 0.001].map((share) => {
    const y = round(shareY(share));
    return `<path class="grid" d="M${tail.x} ${y}H${right(tail)}"/><text class="end" x="${tail.x - 6}" y="${y + 4}">${share * 100} %</text>`;
  });
  const times = ticksMs.map(
    (ms) =>
      `<text class="middle" x="${round(waitX(ms))}" y="${bottom(tail) + 18}">${printMs(ms)}</text>`,
  );
  const title = `<text x="${tail.x}" y="${tail.y - 14}">calls that waited longer than</text>`;
  return [title, ...levels, ...times].join("\n");
}

function drawKey({ approach }: Finding, name: string, at: number): string {
  const x = 60 + at * 190;
  const y = size.height - 16;
  return `<path class="line ${name}" d="M${x} ${y - 4}h28"/><text x="${x + 34}" y="${y}">${approach.name}</text>`;
}

/** A point of a line, in pixels. */
type Point = readonly [x: number, y: number];

function drawLine(name: string, points: readonly Point[]): string {
  const steps = points.map(([x, y], at) => `${at === 0 ? "M" : "L"}${round(x)} ${round(y)}`);
  return `<path class="line ${name}" d="${steps.join("")}"/>`;
}

function timePoints(runs: readonly Run[]): readonly Point[] {
  const bins: number[][] = [];
  for (const { outcomes } of runs)
    for (const { beganMs, firstTokenMs } of outcomes) {
      const at = Math.floor(beganMs / binMs);
      const bin = bins[at];
      if (bin === undefined) bins[at] = [firstTokenMs];
      else bin.push(firstTokenMs);
    }
  return bins.map((waits, at) => {
    const ascending = waits.sort((one, other) => one - other);
    return [timeX((at + 0.5) * binMs), waitY(percentile(ascending, 95))] as const;
  });
}

/** The shares of calls at which the tail has a point: 100 %, and less by a tenth of a decade each. */
const tailShares = Array.from({ length: 31 }, (_, at) => 10 ** (-at / 10));

function tailPoints(runs: readonly Run[]): readonly Point[] {
  const ascending = sortedWaits(runs);
  return tailShares.map((share) => {
    const at = Math.max(0, ascending.length - Math.ceil(ascending.length * share));
    return [waitX(ascending[at] ?? 0), shareY(share)] as const;
  });
}

function timeX(ms: number): number {
  return overTime.x + (ms / lengthMs) * overTime.width;
}

function waitY(ms: number): number {
  return bottom(overTime) - logShare(ms, shownMs) * overTime.height;
}

function waitX(ms: number): number {
  return tail.x + logShare(ms, shownMs) * tail.width;
}

function shareY(share: number): number {
  return bottom(tail) - logShare(share, shownShare) * tail.height;
}

/** Where a value is between two others on a logarithmic scale, from 0 to 1. */
function logShare(value: number, [low, high]: readonly [number, number]): number {
  const share = Math.log(value / low) / Math.log(high / low);
  return Math.min(1, Math.max(0, share));
}

function right({ x, width }: Frame): number {
  return x + width;
}

function bottom({ y, height }: Frame): number {
  return y + height;
}

function round(pixels: number): number {
  return Math.round(pixels * 10) / 10;
}

function printMs(ms: number): string {
  return ms < 1000 ? `${ms} ms` : `${ms / 1000} s`;
}
