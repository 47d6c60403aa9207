import { beforeAll, describe, expect, it } from "vitest";
import { type Finding, lintPlanted } from "./lint-planted.ts";

const lines = (count: number, line: string) => `${line}\n`.repeat(count);

const cases: readonly (readonly [rule: string, path: string, text: string])[] = [
  ["complexity/noExcessiveCognitiveComplexity", "src/core/tangle.ts", tangle()],
  [
    "complexity/noExcessiveLinesPerFunction",
    "src/core/long-function.ts",
    `export function long(sum: number): number {\n${lines(61, "  sum.toFixed();")}  return sum;\n}\n`,
  ],
  [
    "correctness/noUndeclaredDependencies",
    "src/core/undeclared.ts",
    'export { pad } from "left-pad";\n',
  ],
  [
    "correctness/noUnusedVariables",
    "src/core/unused.ts",
    "const unused = 1;\nexport const used = 2;\n",
  ],
  [
    "nursery/noFloatingPromises",
    "src/core/floating.ts",
    "async function work(): Promise<void> {}\nexport function start(): void {\n  work();\n}\n",
  ],
  [
    "nursery/noMisusedPromises",
    "src/core/misused.ts",
    "async function ready(): Promise<boolean> {\n  return true;\n}\nexport function start(): number {\n  if (ready()) return 1;\n  return 2;\n}\n",
  ],
  [
    "nursery/useExhaustiveSwitchCases",
    "src/core/partial-switch.ts",
    'type Kind = "a" | "b";\nexport function name(kind: Kind): string {\n  let name = "";\n  switch (kind) {\n    case "a":\n      name = "first";\n      break;\n  }\n  return name;\n}\n',
  ],
  [
    "performance/noBarrelFile",
    "src/core/barrel.ts",
    'export { one } from "./one.ts";\nexport { two } from "./two.ts";\n',
  ],
  ["performance/noReExportAll", "src/library.ts", 'export * from "./gateway.ts";\n'],
  [
    "style/noDefaultExport",
    "src/core/default-export.ts",
    "export default function work(): void {}\n",
  ],
  ["style/noEnum", "src/core/colour.ts", "export enum Colour {\n  Red = 0,\n}\n"],
  [
    "style/noNamespace",
    "src/core/space.ts",
    "export namespace Space {\n  export const one = 1;\n}\n",
  ],
  [
    "style/noNonNullAssertion",
    "src/core/assertion.ts",
    "export function size(text?: string): number {\n  return text!.length;\n}\n",
  ],
  [
    "style/noParameterProperties",
    "src/core/parameter-property.ts",
    "export class Point {\n  constructor(readonly x: number) {}\n}\n",
  ],
  ["style/noExcessiveLinesPerFile", "src/core/long-file.ts", lines(401, "export {};")],
  ["style/noProcessEnv", "src/edge/environment.ts", "export const home = process.env.HOME;\n"],
  [
    "style/noRestrictedGlobals",
    "src/edge/leave.ts",
    "export function leave(): void {\n  process.exit(1);\n}\n",
  ],
  ["style/useFilenamingConvention", "src/core/camelCase.ts", "export const one = 1;\n"],
  [
    "style/useImportType",
    "src/core/type-import.ts",
    'import { Chat } from "./chat.ts";\nexport type Mine = Chat;\n',
  ],
  [
    "style/useNodejsImportProtocol",
    "src/edge/node-protocol.ts",
    'import { connect } from "net";\nexport const open = connect;\n',
  ],
  [
    "style/useThrowOnlyError",
    "src/core/throw-text.ts",
    'export function fail(): never {\n  throw "no";\n}\n',
  ],
  [
    "suspicious/noConsole",
    "src/edge/print.ts",
    'export function print(): void {\n  console.error("here");\n}\n',
  ],
  ["suspicious/noExplicitAny", "src/core/loose.ts", "export type Loose = any;\n"],
  [
    "suspicious/noImportCycles",
    "src/core/cycle-a.ts",
    'import { two } from "./cycle-b.ts";\nexport const one = (): number => two();\n',
  ],
  [
    "suspicious/noFocusedTests",
    "test/focused.test.ts",
    'import { it } from "vitest";\nit.only("runs", () => {});\n',
  ],
  [
    "suspicious/noSkippedTests",
    "test/skipped.test.ts",
    'import { it } from "vitest";\nit.skip("runs", () => {});\n',
  ],
];

/** What must stay allowed: the places that the rules above make an exception for. */
const exceptions: readonly (readonly [path: string, text: string])[] = [
  [
    "src/main.ts",
    'import process from "node:process";\nconsole.log(process.env.HOME);\nprocess.exit(0);\n',
  ],
  ["vitest.config.ts", "export default {};\n"],
];

const support: readonly (readonly [path: string, text: string])[] = [
  [
    "src/core/cycle-b.ts",
    'import { one } from "./cycle-a.ts";\nexport const two = (): number => one();\n',
  ],
];

describe("lint rules", () => {
  let findings: readonly Finding[];

  beforeAll(() => {
    const planted = cases.map(([, path, text]) => [path, text] as const);
    findings = lintPlanted(new Map([...planted, ...exceptions, ...support]));
  });

  for (const [rule, path] of cases) {
    it(`${rule} catches ${path}`, () => {
      const rules = findings
        .filter((finding) => finding.path === path)
        .map((finding) => finding.rule);
      expect(rules).toContain(`lint/${rule}`);
    });
  }

  for (const [path] of exceptions) {
    it(`leave ${path} alone`, () => {
      expect(findings.filter((finding) => finding.path === path)).toEqual([]);
    });
  }
});

function tangle(): string {
  const nested = [1, 2, 3, 4, 5, 6].reduce(
    (inner, depth) => `if (n > ${depth}) {\n${inner}\n}`,
    "n += 1;",
  );
  return `export function tangle(start: number): number {\nlet n = start;\n${nested}\nreturn n;\n}\n`;
}
