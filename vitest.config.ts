import { defineConfig } from "vitest/config";

export default defineConfig({
  test: {
    include: ["test/**/*.test.ts"],
    passWithNoTests: false,
    // Modules that start a server once, for all suites that share it.
    globalSetup: [],
    pool: "forks",
    maxWorkers: "100%",
    testTimeout: 15_000,
    hookTimeout: 30_000,
    retry: 0,
    allowOnly: false,
  },
});
