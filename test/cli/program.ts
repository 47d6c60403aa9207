import { buildProgram } from "../../bench/built-program.ts";

/**
 * The main module of the published program, for tests that start it: one build serves all test
 * files, and starts in half the CPU time that the sources take.
 */
export const program = await buildProgram();
