/** Prints how well the built-in detectors do on their corpus: `npm run guards`. */
import { corpusClasses } from "./corpus/classes.ts";
import { scoreOf } from "./corpus/score.ts";

const verbose = process.argv.includes("--verbose");
const say = (text: string): void => void process.stdout.write(`${text}\n`);

say("| detector | positives | negatives | precision | recall |\n|---|---|---|---|---|");
for (const one of corpusClasses) {
  const { name, positives, negatives, precision, recall, missed, wrong } = scoreOf(one);
  const [exact, complete] = [precision.toFixed(3), recall.toFixed(3)];
  say(`| ${name} | ${positives} | ${negatives} | ${exact} | ${complete} |`);
  if (verbose)
    for (const [sort, texts] of [
      ["missed", missed],
      ["wrong", wrong],
    ] as const)
      for (const text of texts) say(`  ${sort}: ${JSON.stringify(text)}`);
}
