/**
 * Prints what a windowed guard adds to each frame of a stream, in microseconds of one thread: `node
 * bench/guards-stream.ts`.
 */
import { fromJson, type JsonObject } from "@bufbuild/protobuf";
import { GuardSchema } from "../gen/parlance/config/v1/guard_pb.js";
import type { Piece } from "../src/core/call.ts";
import type { GuardStageName } from "../src/core/guard/guard-note.ts";
import { textDelta } from "../src/events/make-events.ts";
import { createDetector, isLocalCheck } from "../src/guards/detectors/create-detector.ts";
import type { LocalCheck } from "../src/policies/guards/check.ts";
import { holdAnswer } from "../src/policies/guards/hold-answer.ts";
import { prose } from "../test/guards/corpus/sentences.ts";

const guards: Readonly<Record<string, JsonObject>> = {
  "keywords, 2 of them": { keywords: { words: ["forbidden", "project heron"] } },
  "pii: e-mail, cards, IBAN": {
    pii: { kinds: ["PII_KIND_EMAIL", "PII_KIND_CARD", "PII_KIND_IBAN"] },
  },
  secrets: { secrets: {} },
  pii: { pii: {} },
};

/** A frame for each four characters, as tokens are. */
const words = prose.join(" ").match(/[\s\S]{1,4}/g) ?? [];
const pieces: readonly Piece[] = words.map((text) => ({ events: [textDelta(0, text)] }));
const stages: ReadonlySet<GuardStageName> = new Set(["output"]);

function checkOf(settings: JsonObject): LocalCheck {
  const { check } = fromJson(GuardSchema, { name: "bench", ...settings });
  if (!isLocalCheck(check)) throw new Error("the guard asks a service");
  const detector = createDetector(check);
  const sourceOf = () => ({});
  return {
    kind: "local",
    stages,
    holds: true,
    replaces: true,
    detector,
    sourceOf,
    found: () => () => "",
  };
}

async function* stream(): AsyncGenerator<Piece> {
  yield* pieces;
}

/** The shortest of several rounds: what others on the machine take does not count. */
async function costOf(make: () => AsyncIterable<Piece>): Promise<number> {
  let shortest = Number.POSITIVE_INFINITY;
  for (let round = 0; round < 200; round += 1) {
    const before = process.hrtime.bigint();
    for await (const _ of make());
    shortest = Math.min(shortest, Number(process.hrtime.bigint() - before) / 1000);
  }
  return shortest / pieces.length;
}

const without = await costOf(stream);
process.stdout.write("| guard | us that it adds to a frame |\n| --- | ---: |\n");
for (const [name, settings] of Object.entries(guards)) {
  const checks = [checkOf(settings)];
  const added = (await costOf(() => holdAnswer(stream(), checks))) - without;
  process.stdout.write(`| ${name} | ${added.toFixed(2)} |\n`);
}
