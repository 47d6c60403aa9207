import { writeFileSync } from "node:fs";
import { createCatalog } from "../adapters/catalog/catalog.ts";
import type { Finding } from "../config/config-scope.ts";
import { parseDocument } from "../config/document/parse-document.ts";
import {
  gatherIncludes,
  isLitellm,
  type Origin,
  type ReadLitellm,
  readLitellm,
} from "../config/litellm/litellm-file.ts";
import type { Note, NoteKind } from "../config/litellm/note.ts";
import { locateFindings } from "../config/loading/locate-findings.ts";
import { readOrReason } from "../config/resolve-secret.ts";
import { printViolation } from "../config/violation.ts";
import { type CommandInput, textOption } from "./command.ts";
import { readConfigFile, readText } from "./config-file.ts";
import { printTable } from "./print-table.ts";
import type { Shell } from "./shell.ts";

/** Exit codes beside 0, all is honoured: something is not, it cannot be used, it was misspelt. */
const exitCodes = { failed: 1, usage: 2, partly: 3 } as const;

/** `parlance import litellm FILE [--out FILE]`, and `parlance import litellm-db URL`. */
export async function runImport(shell: Shell, input: CommandInput): Promise<number> {
  const [source, path = ""] = input.positionals;
  if (source === "litellm-db") {
    const { runImportDb } = await import("./import-db-command.ts");
    return runImportDb(shell, input);
  }
  if (source !== "litellm") {
    shell.stderr.write(
      "parlance import: the sources are litellm and litellm-db: parlance import litellm FILE\n",
    );
    return exitCodes.usage;
  }
  const file = readConfigFile(path);
  if (!file.ok) return fail(shell, file.message);
  const { text } = file.source;
  const findings: Finding[] = [];
  const read = readFile(shell, path, text, (finding) => findings.push(finding));
  if (read === undefined) {
    printFindings(shell, { path, text, findings });
    return fail(shell, `${path}: is not a config of LiteLLM: it has no model_list and no settings`);
  }
  const mistakes = read.notes.filter(({ kind }) => kind === "wrong");
  for (const { at, message, hint = "" } of mistakes)
    findings.push({ path: at.path, offset: at.offset, message, hint, ruleId: "litellm" });
  if (findings.length > 0) {
    printFindings(shell, { path, text, findings, origin: read.origin });
    return fail(shell, `${path}: nothing was written`);
  }
  const out = textOption(input, "out");
  const written = header(path) + read.document.toString({ lineWidth: 100 });
  if (out === undefined) shell.stdout.write(written);
  else {
    const problem = writeNew(out, written);
    if (problem !== undefined) return fail(shell, problem);
  }
  shell.stderr.write(printReport(read, { path, text }, input.values.all === true));
  if (out !== undefined) shell.stderr.write(`written: ${out}; next: parlance check ${out}\n`);
  return read.notes.some(({ kind }) => isLost(kind)) ? exitCodes.partly : 0;
}

function fail(shell: Shell, message: string): number {
  shell.stderr.write(`${message}\n`);
  return exitCodes.failed;
}

function readFile(
  shell: Shell,
  path: string,
  text: string,
  report: (finding: Finding) => void,
): ReadLitellm | undefined {
  const document = parseDocument(text, report);
  if (document === undefined || !isLitellm(document)) return undefined;
  const files = gatherIncludes(text, path, readText);
  const inputs = { env: { ...shell.env }, lookUps: true, files, filename: path, written: true };
  return readLitellm(document, text, inputs, createCatalog(), report);
}

/** Writes a file that does not exist yet; gives back why it cannot. */
function writeNew(path: string, text: string): string | undefined {
  const write = readOrReason(path, (to) => {
    writeFileSync(to, text, { flag: "wx", mode: 0o600 });
    return "";
  });
  if (write.ok) return undefined;
  const reason = write.reason === "EEXIST" ? "it exists" : write.reason;
  return `${path}: the file cannot be written: ${reason}`;
}

function header(path: string): string {
  return `# Made of ${path.replace(/[\r\n]/g, " ")} by \`parlance import litellm\`.\n`;
}

/** A file, and what is wrong with it. */
interface Problems {
  readonly path: string;
  readonly text: string;
  readonly findings: readonly Finding[];
  readonly origin?: (offset: number) => Origin;
}

function printFindings(shell: Shell, { path, text, findings, origin }: Problems): void {
  for (const violation of locateFindings(findings, text, { places: new Map(), origin }))
    shell.stderr.write(`${printViolation(path, violation)}\n`);
}

const outcomes: Readonly<Record<NoteKind, string>> = {
  honoured: "honoured",
  not_needed: "not needed",
  none: "NOT HONOURED",
  changed: "changed",
  unknown: "UNKNOWN",
  wrong: "WRONG",
};

function isLost(kind: NoteKind): boolean {
  return kind === "none" || kind === "unknown";
}

/** What became of the keys: a count of each outcome, and a table of what deserves a look. */
function printReport(
  { notes, origin }: ReadLitellm,
  { path, text }: { readonly path: string; readonly text: string },
  all: boolean,
): string {
  const counts = new Map<NoteKind, number>();
  for (const { kind } of notes) counts.set(kind, (counts.get(kind) ?? 0) + 1);
  const shown = notes.filter(({ kind }) => all || isLost(kind) || kind === "changed");
  const rows = shown.map((note) => [
    placeOf(note, path, text, origin),
    note.at.path,
    outcomes[note.kind],
    wordsOf(note),
  ]);
  const table = rows.length === 0 ? "" : printTable(["PLACE", "LITELLM", "OUTCOME", "HERE"], rows);
  const summary = [...counts].map(([kind, count]) => `${count} ${outcomes[kind].toLowerCase()}`);
  return `${table}${path}: ${summary.join(", ") || "no keys"}\n`;
}

function placeOf(
  { at }: Note,
  path: string,
  text: string,
  origin: (offset: number) => Origin,
): string {
  const { offset, within } = origin(at.offset);
  if (within !== "") return within;
  const before = text.slice(0, offset).split("\n");
  return `${path}:${before.length}:${(before.at(-1) ?? "").length + 1}`;
}

function wordsOf({ message, hint }: Note): string {
  return hint === undefined ? message : `${message} (${hint})`;
}
