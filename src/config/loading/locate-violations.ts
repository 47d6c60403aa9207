import type { Finding } from "../config-scope.ts";
import type { Violation } from "../violation.ts";
import type { Examined } from "./examine.ts";
import { dropFollowing, locateFindings } from "./locate-findings.ts";

/** What the compiler found in a config. */
export interface CompilerFindings {
  /** What makes the config unusable. */
  readonly findings: readonly Finding[];
  /** What deserves a look. */
  readonly warnings: readonly Finding[];
}

/** All that is wrong with a config, or doubtful, by its place in the text. */
export interface Located {
  readonly violations: readonly Violation[];
  readonly warnings: readonly Violation[];
}

/** Puts together what was found in a text and in the config that it says. */
export function locateViolations(
  text: string,
  { shape, broken, warnings: read, places, origin }: Examined,
  { findings, warnings: compiled }: CompilerFindings,
): Located {
  const brokenPaths = new Set(broken.map((finding) => finding.path));
  const others = [...broken, ...findings.filter((finding) => !brokenPaths.has(finding.path))];
  const wrong = [...shape, ...dropFollowing(shape, others)];
  const warnings = [...read, ...compiled];
  if (wrong.length + warnings.length === 0) return { violations: [], warnings: [] };
  const found = places();
  return {
    violations: locateFindings(wrong, text, { places: found, origin }),
    warnings: locateFindings(warnings, text, { places: found, origin }),
  };
}
