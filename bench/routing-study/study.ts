import { type Approach, approaches } from "./approaches.ts";
import { type Measure, measure } from "./measure.ts";
import { type Run, runScenario } from "./run-scenario.ts";
import { type Scenario, scenarios } from "./scenarios.ts";

/** What an approach came to in a scenario. */
export interface Finding {
  readonly approach: Approach;
  readonly measure: Measure;
  readonly runs: readonly Run[];
}

/** A scenario with what each approach came to in it. */
export interface Chapter {
  readonly scenario: Scenario;
  readonly findings: readonly Finding[];
}

/** The seeds of the runs of every scenario. */
const seeds = [1, 2];

/** Runs every approach in every scenario. The same sources give the same findings. */
export async function runStudy(): Promise<readonly Chapter[]> {
  const chapters: Chapter[] = [];
  for (const scenario of scenarios) {
    const findings: Finding[] = [];
    for (const approach of approaches) findings.push(await find(scenario, approach));
    chapters.push({ scenario, findings });
  }
  return chapters;
}

/** Runs an approach in a scenario. */
export async function find(scenario: Scenario, approach: Approach): Promise<Finding> {
  const runs: Run[] = [];
  for (const seed of seeds) runs.push(await runScenario(scenario, approach, seed));
  return { approach, measure: measure(runs), runs };
}
