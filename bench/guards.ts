/** Prints what the built-in detectors of guards cost for texts of 4 KB: `node bench/guards.ts`. */
import { fromJson, type JsonObject } from "@bufbuild/protobuf";
import { GuardSchema } from "../gen/parlance/config/v1/guard_pb.js";
import { createDetector, isLocalCheck } from "../src/guards/detectors/create-detector.ts";
import { prose } from "../test/guards/corpus/sentences.ts";

const words = Array.from({ length: 10_000 }, (_, at) => `forbidden${at}`);
const schema = '{"type":"object","properties":{"text":{"type":"string"}}}';

/** Each detector with settings as they are used. */
const guards: Readonly<Record<string, JsonObject>> = {
  pii: { pii: {} },
  secrets: { secrets: {} },
  "keywords, 10,000 of them": { keywords: { words } },
  "patterns, 2 of them": {
    patterns: { patterns: { TICKET: "\\bTICKET-\\d{4}\\b", PROJECT: "(?i)project (red|blue)" } },
  },
  injection: { injection: {} },
  unicode: { unicode: {} },
  urls: { urls: { denied_domains: ["evil.example"] } },
  topics: { topics: { denied: { POLITICS: { words: ["election", "parliament"] } } } },
  length: { length: { max_characters: 100_000 } },
  canary: { canary: { texts: ["heron-7781-blue"] } },
  json_schema: { json_schema: { schema_json: schema } },
};

const size = 4096;
const texts: Readonly<Record<string, string>> = {
  prose: prose.slice(0, 13).join(" ").repeat(8).slice(0, size),
  code: prose.slice(13).join("\n").repeat(8).slice(0, size),
};

/** The shortest of several rounds, in microseconds: what others on the machine take does not count. */
function costOf(work: () => unknown): number {
  for (let round = 0; round < 200; round += 1) work();
  let shortest = Number.POSITIVE_INFINITY;
  for (let round = 0; round < 300; round += 1) {
    const before = process.hrtime.bigint();
    work();
    shortest = Math.min(shortest, Number(process.hrtime.bigint() - before) / 1000);
  }
  return shortest;
}

const rows = Object.entries(guards).map(([name, settings]) => {
  const { check } = fromJson(GuardSchema, { name: "bench", ...settings });
  if (!isLocalCheck(check)) throw new Error(`${name} asks a service`);
  const { find } = createDetector(check);
  return { name, costs: Object.values(texts).map((text) => costOf(() => find(text))) };
});

const say = (cells: readonly (number | string)[]): void => {
  const printed = cells.map((cell) => (typeof cell === "number" ? cell.toFixed(1) : cell));
  process.stdout.write(`| ${printed.join(" | ")} |\n`);
};
const names = Object.keys(texts);
say(["detector", ...names.map((name) => `${name}, us for 4 KB`), "us for each KB"]);
say(["---", ...names.map(() => "---:"), "---:"]);
const average = (costs: readonly number[]) =>
  costs.reduce((all, cost) => all + cost, 0) / costs.length / (size / 1024);
for (const { name, costs } of rows) say([name, ...costs, average(costs)]);
const totals = names.map((_, at) => rows.reduce((all, { costs }) => all + (costs[at] ?? 0), 0));
say(["all of them", ...totals, average(totals)]);
