import { relative } from "node:path";
import { defineConfig } from "vitest/config";
import { BaseSequencer, type TestSpecification } from "vitest/node";

/**
 * Files with a process of their own: what measures CPU time or memory, what changes or watches its
 * process, and what is long enough for a start to cost nothing. All others share the modules that
 * a worker has loaded.
 */
const alone = [
  "test/adapters/catalog/*.test.ts",
  "test/adapters/linear-*.test.ts",
  "test/bench/run-bench.test.ts",
  "test/cli/*.test.ts",
  "test/composition/directories/model-directory.test.ts",
  "test/composition/reload-scale.test.ts",
  "test/config/load-growth.test.ts",
  "test/config/loading/load-in-slices.test.ts",
  "test/cpu-growth.test.ts",
  "test/edge/*.test.ts",
  "test/edge/http/*.test.ts",
  "test/examples/*.test.ts",
  "test/fuzz/*.test.ts",
  "test/guards/detectors/linear.test.ts",
  "test/json/bounds.test.ts",
  "test/matrix/*.test.ts",
  "test/matrix/agents/openai-agents.test.ts",
  "test/policies/routing-members.test.ts",
  "test/serve.test.ts",
  "test/sim/linear-sim.test.ts",
  "test/sim/timers.test.ts",
  "test/structure/*.test.ts",
  "test/tokens/*.test.ts",
  "test/upstream/cancel.test.ts",
  "test/upstream/decode-body.test.ts",
];

/** What takes longest, the longest first. */
const longest = [
  "test/policies/budgets/proof/proof.test.ts",
  "test/adapters/linear-replies.test.ts",
  "test/workers/workers.test.ts",
  "test/composition/litellm/import-db.test.ts",
  "test/bench/run-bench.test.ts",
  "test/store/crash.test.ts",
  "test/cli/serve.test.ts",
  "test/adapters/linear-encoding.test.ts",
  "test/composition/reload-scale.test.ts",
  "test/composition/tenants/keys-of-two-gateways.test.ts",
  "test/structure/checklists.test.ts",
  "test/adapters/answers/own-deviations.test.ts",
  "test/policies/recovery/broken-streams.test.ts",
  "test/state/redis/redis-topologies.test.ts",
  "test/composition/stored/models.test.ts",
  "test/config/loading/load-in-slices.test.ts",
  "test/adapters/linear-decoding.test.ts",
  "test/config/load-growth.test.ts",
  "test/sim/linear-sim.test.ts",
  "test/adapters/catalog/row-fidelity.test.ts",
  "test/examples/examples.test.ts",
  "test/fuzz/rows.test.ts",
  "test/cpu-growth.test.ts",
];

/**
 * Starts the longest files first, so that all cores work to the end, also where no earlier run is
 * remembered; and files of a kind together, so that workers are shared.
 */
class LongestFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const sorted = await super.sort(files);
    const place = ({ project, moduleId }: TestSpecification): number => {
      const at = longest.indexOf(relative(import.meta.dirname, moduleId));
      if (at >= 0) return at;
      return longest.length + (project.name === "shared" ? 1 : 0);
    };
    return sorted.toSorted((one, other) => place(one) - place(other));
  }
}

export default defineConfig({
  test: {
    passWithNoTests: false,
    pool: "forks",
    // V8 13.6 ended a process while it collected WebAssembly code (a failed check of its own).
    execArgv: ["--no-wasm-code-gc"],
    maxWorkers: "100%",
    // Only a hang reaches these, however busy the machine is.
    testTimeout: 60_000,
    hookTimeout: 60_000,
    expect: { poll: { timeout: 60_000, interval: 20 } },
    retry: 0,
    allowOnly: false,
    sequence: { sequencer: LongestFirst },
    projects: [
      { extends: true, test: { name: "alone", include: alone } },
      {
        extends: true,
        test: { name: "shared", include: ["test/**/*.test.ts"], exclude: alone, isolate: false },
      },
    ],
  },
});
