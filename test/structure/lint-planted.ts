import { spawnSync } from "node:child_process";
import { copyFileSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";

/** What the linter says about one place. */
export interface Finding {
  readonly path: string;
  /** Counted from 1. */
  readonly line: number;
  /** Such as `lint/style/noEnum`. */
  readonly rule: string;
  readonly message: string;
}

/**
 * Lints files that exist only for this call, by path from the repository's root, under the
 * repository's own rules. The findings of one file come in the order of its lines. Throws when the
 * linter itself fails.
 */
export function lintPlanted(files: ReadonlyMap<string, string>): Finding[] {
  const root = mkdtempSync(join(tmpdir(), "parlance-lint-"));
  try {
    for (const name of ["biome.json", "package.json"]) copyFileSync(name, join(root, name));
    for (const [path, text] of files) {
      mkdirSync(dirname(join(root, path)), { recursive: true });
      writeFileSync(join(root, path), text);
    }
    const biome = join(process.cwd(), "node_modules/.bin/biome");
    const args = ["lint", "--reporter=json", "--max-diagnostics=none"];
    const { stdout, stderr, error } = spawnSync(biome, args, {
      cwd: root,
      encoding: "utf8",
      maxBuffer: 64 << 20,
    });
    if (error !== undefined || stdout === "")
      throw new Error(`the linter did not run: ${stderr}`, { cause: error });
    return decodeFindings(JSON.parse(stdout));
  } finally {
    rmSync(root, { recursive: true, force: true });
  }
}

interface Report {
  readonly diagnostics: readonly {
    readonly category: string;
    readonly message: string;
    readonly location: { readonly path: string; readonly start: { readonly line: number } };
  }[];
}

function decodeFindings(report: Report): Finding[] {
  const findings = report.diagnostics.map(({ category, message, location }) => ({
    path: location.path,
    line: location.start.line,
    rule: category,
    message,
  }));
  return findings.sort((one, other) => one.line - other.line);
}
