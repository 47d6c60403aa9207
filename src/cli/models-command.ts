import type { ModelFacts } from "../../gen/parlance/model/v1/model_facts_pb.js";
import {
  createFactBook,
  type FactBook,
  factQueryOf,
  readFactFile,
} from "../composition/fact-book.ts";
import type { Settings } from "../config/settings.ts";
import { intersectFacts } from "../core/facts/intersect-facts.ts";
import { printUsd } from "../core/facts/nano-usd.ts";
import type { CommandInput } from "./command.ts";
import { loadForCommand } from "./load-for-command.ts";
import { modelRows } from "./model-rows.ts";
import { printTable } from "./print-table.ts";
import type { Shell } from "./shell.ts";

const header = [
  "MODEL",
  "CONTEXT",
  "MAX OUTPUT",
  "USD/M IN",
  "USD/M OUT",
  "SERVED BY",
  "FALLBACKS",
];

/**
 * `parlance models`. What holds at every target of a model is shown; what is not known is shown as
 * `unknown`.
 */
export async function runModels(shell: Shell, input: CommandInput): Promise<number> {
  const settings = await loadForCommand(shell, input);
  if (settings === undefined) return 1;
  const book = createFactBook(readFactFile, (error) =>
    shell.stderr.write(`parlance models: ${error}\n`),
  );
  const rows = await Promise.all(
    modelRows(settings).map(async ({ name, targets, fallbacks }) => [
      name,
      ...(await factCells(settings, name, book)),
      targets.join(", "),
      fallbacks.join(", "),
    ]),
  );
  shell.stdout.write(printTable(header, rows));
  return 0;
}

/** `-` where the name stands for any model of a provider. */
async function factCells(
  settings: Settings,
  name: string,
  book: FactBook,
): Promise<readonly string[]> {
  const model = settings.models.get(name);
  if (model === undefined) return ["-", "-", "-", "-"];
  const facts = intersectFacts(
    await Promise.all(model.targets.map((target) => book.facts(factQueryOf(settings, target)))),
  );
  return [
    printTokens(facts?.contextWindow),
    printTokens(facts?.maxOutputTokens),
    printPrice(facts, "input"),
    printPrice(facts, "output"),
  ];
}

function printTokens(tokens: number | undefined): string {
  return tokens === undefined ? "unknown" : tokens.toString();
}

function printPrice(facts: ModelFacts | undefined, kind: "input" | "output"): string {
  const nanoUsd = facts?.prices?.tokens?.[kind];
  return nanoUsd === undefined ? "unknown" : printUsd(nanoUsd);
}
