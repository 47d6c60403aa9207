import { existsSync, readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import {
  type Approach,
  approaches,
  lowestLatency,
  weighted,
  weightedHedged,
} from "../../../bench/routing-study/approaches.ts";
import { drawPicture } from "../../../bench/routing-study/draw-picture.ts";
import { printChapters } from "../../../bench/routing-study/print-study.ts";
import { type Scenario, scenarios } from "../../../bench/routing-study/scenarios.ts";
import { type Finding, find } from "../../../bench/routing-study/study.ts";

const minute = 60_000;
const found = new Map<string, Promise<Finding>>();

/** What an approach comes to in a scenario, found once. */
function finding(scenario: Scenario, approach: Approach): Promise<Finding> {
  const name = `${scenario.name} ${approach.name}`;
  const known = found.get(name) ?? find(scenario, approach);
  found.set(name, known);
  return known;
}

function scenarioOf(name: string): Scenario {
  const scenario = scenarios.find((one) => one.name === name);
  if (scenario === undefined) throw new Error(`there is no scenario ${name}`);
  return scenario;
}

describe("LOWEST_LATENCY", () => {
  for (const scenario of scenarios)
    it(`has a lower 99th percentile than a draw: ${scenario.name}`, {
      timeout: minute,
    }, async () => {
      const { measure: faster } = await finding(scenario, lowestLatency);
      const { measure: drawn } = await finding(scenario, weighted);
      expect(faster.p99Ms).toBeLessThan(drawn.p99Ms);
    });
});

describe("hedging", () => {
  it("halves the 99th percentile of a heavy tail for at most 5 % of the cost", {
    timeout: minute,
  }, async () => {
    const scenario = scenarioOf("heavy_tail");
    const { measure: plain } = await finding(scenario, weighted);
    const { measure: hedged } = await finding(scenario, weightedHedged);
    expect(hedged.p99Ms).toBeLessThanOrEqual(plain.p99Ms / 2);
    expect(hedged.costUsd).toBeLessThanOrEqual(plain.costUsd * 1.05);
  });
});

describe("a time of trouble", () => {
  for (const scenario of scenarios)
    it(`is no collapse: ${scenario.name}`, { timeout: minute }, async () => {
      for (const approach of [weighted, lowestLatency]) {
        const { measure } = await finding(scenario, approach);
        expect(measure.success).toBeGreaterThan(99.9);
        expect(measure.extraCalls).toBeLessThan(20);
      }
    });

  it("of all vendors brings no storm of retries, and ends with it", {
    timeout: minute,
  }, async () => {
    const healthy = scenarioOf("dead_target");
    const [one] = healthy.vendors;
    const outage = [30_000, 90_000] as const;
    const vendors = healthy.vendors.flatMap((vendor) => {
      if (one === undefined) return [];
      const conditionAt = (ms: number) => {
        const down = ms >= outage[0] && ms < outage[1];
        return { ...one.conditionAt(0), errors: down ? 1 : 0 };
      };
      return [{ ...vendor, conditionAt }];
    });
    const scenario: Scenario = { ...healthy, name: "outage", vendors };
    for (const approach of [weighted, lowestLatency]) {
      const { measure, runs } = await find(scenario, approach);
      expect(measure.extraCalls).toBeLessThan(25);
      for (const { outcomes } of runs) {
        const later = outcomes.filter(({ beganMs }) => beganMs > outage[1] + 10_000);
        expect(later.length).toBeGreaterThan(500);
        expect(later.filter(({ firstTokenMs }) => !Number.isFinite(firstTokenMs))).toEqual([]);
      }
    }
  });
});

describe("the study", () => {
  it("finds the same each time", { timeout: minute }, async () => {
    const scenario = scenarioOf("brown_out");
    const again = await find(scenario, lowestLatency);
    const before = await finding(scenario, lowestLatency);
    expect(again).toEqual(before);
    const chapter = (one: Finding) => ({ scenario, findings: [one] });
    expect(drawPicture(chapter(again))).toBe(drawPicture(chapter(before)));
    expect(printChapters([chapter(again)])).toBe(printChapters([chapter(before)]));
  });

  it("is in the documents, with a row of every approach in every scenario and a picture", () => {
    const page = readFileSync("docs/routing-study.md", "utf8");
    const rows = page.split("\n").filter((line) => /^\| .* % \| .* ms|^\| .*\d % \|$/.test(line));
    expect(rows.length).toBe(approaches.length * scenarios.length);
    for (const { name, title } of scenarios) {
      expect(page).toContain(`### ${title}\n`);
      expect(page).toContain(`(routing-study/${name}.svg)`);
      expect(existsSync(`docs/routing-study/${name}.svg`)).toBe(true);
    }
    const summary = readFileSync("docs/routing.md", "utf8");
    for (const { title } of scenarios) expect(summary).toContain(`| ${title.toLowerCase()} |`);
  });
});
