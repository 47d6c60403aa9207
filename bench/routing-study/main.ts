/**
 * Compares the ways to route in times of trouble, and writes what it finds into the documents:
 * `node bench/routing-study/main.ts [--check]`. With --check it writes nothing, and fails where a
 * document does not say what a run finds.
 */
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { drawPicture } from "./draw-picture.ts";
import { printChapters, printSummary } from "./print-study.ts";
import { replacePart } from "./replace-part.ts";
import { type Chapter, runStudy } from "./study.ts";

const docs = join(import.meta.dirname, "../../docs");

/** The files that the study writes, whole, by their paths. */
function documentsOf(chapters: readonly Chapter[]): ReadonlyMap<string, string> {
  const page = join(docs, "routing-study.md");
  const routing = join(docs, "routing.md");
  return new Map([
    [page, replacePart(readFileSync(page, "utf8"), "study", printChapters(chapters))],
    [routing, replacePart(readFileSync(routing, "utf8"), "study", printSummary(chapters))],
    ...chapters.map((chapter): [string, string] => [
      join(docs, "routing-study", `${chapter.scenario.name}.svg`),
      drawPicture(chapter),
    ]),
  ]);
}

function isStale(path: string, text: string): boolean {
  try {
    return readFileSync(path, "utf8") !== text;
  } catch {
    return true;
  }
}

const documents = documentsOf(await runStudy());
if (process.argv.includes("--check")) {
  const stale = [...documents].filter(([path, text]) => isStale(path, text));
  for (const [path] of stale)
    process.stderr.write(`${path} is stale: run npm run routing-study, and commit it\n`);
  if (stale.length > 0) process.exitCode = 1;
} else {
  for (const [path, text] of documents) writeFileSync(path, text);
}
