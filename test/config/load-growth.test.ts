import { describe, it } from "vitest";
import { loadConfig } from "../../src/config/loading/load-config.ts";
import { createLazyValidator } from "../../src/validation/validator.ts";
import { expectLinear } from "../cpu-growth.ts";

const validator = createLazyValidator();
const sim = "providers:\n  sim: { kind: sim }\n";

function lines(count: number, line: (index: number) => string): string {
  return Array.from({ length: count }, (_, index) => line(index)).join("");
}

const models = (count: number, rest: (index: number) => string = () => "") =>
  `models:\n${lines(count, (index) => `  - { name: m-${index}, targets: [{ model: sim/echo }]${rest(index)} }\n`)}`;
const keys = (count: number, rest: (index: number) => string = () => "") =>
  `keys:\n${lines(count, (index) => `  - { name: k-${index}, value: { value: secret-${index} }${rest(index)} }\n`)}`;

/** Files of a size, good and bad, whose loading must not take more than linear time. */
const files: readonly (readonly [title: string, text: (size: number) => string, size: number])[] = [
  [
    "models and keys",
    (size) => sim + models(size) + keys(size, (index) => `, models: [m-${index}]`),
    250,
  ],
  [
    "a chain of fallbacks",
    (size) => sim + models(size, (index) => (index === 0 ? "" : `, fallbacks: [m-${index - 1}]`)),
    250,
  ],
  [
    "circles of fallbacks within circles",
    (size) => sim + models(size, (index) => `, fallbacks: [m-0, m-${(index + 1) % size}]`),
    1000,
  ],
  [
    "pairs that fall back to each other",
    (size) => sim + models(size, (index) => `, fallbacks: [m-${index ^ 1}]`),
    250,
  ],
  ["models with one name", (size) => sim + models(size).replaceAll(/m-\d+/g, "same"), 250],
  ["keys with one name and one value", (size) => sim + keys(size).replaceAll(/-\d+/g, ""), 250],
  [
    "targets at unknown providers",
    (size) => sim + models(size).replaceAll("sim/echo", "unknown/echo"),
    250,
  ],
  [
    "unknown fallbacks",
    (size) => sim + models(size, (index) => `, fallbacks: [unknown-${index}]`),
    1000,
  ],
  [
    "keys with unknown models",
    (size) => sim + models(size) + keys(size, (index) => `, models: [unknown-${index}]`),
    1000,
  ],
  ["keys without a value", (size) => sim + keys(size).replaceAll(/, value: \{[^}]*\}/g, ""), 100],
  [
    "keys with a budget",
    (size) => sim + keys(size, () => `, budget: { usd: "1", window: DAY }`),
    250,
  ],
  [
    "unset variables",
    (size) => sim + keys(size).replaceAll(/value: secret-(\d+)/g, "env: SECRET_$1"),
    250,
  ],
  ["unknown fields", (size) => sim + models(size, () => ", descripton: x"), 250],
  [
    "unknown members of one mapping",
    (size) => `server:\n${lines(size, (index) => `  hst_${index}: x\n`)}`,
    250,
  ],
  ["elements of the wrong kind", (size) => `models:\n${lines(size, () => "  - 1\n")}`, 250],
  ["empty elements", (size) => `models:\n${lines(size, () => "  - {}\n")}`, 100],
  [
    "wrong values",
    (size) => sim + models(size, () => ", strict: perhaps, unknown_fields: FORWRD"),
    250,
  ],
  [
    "providers of an unknown kind",
    (size) => `providers:\n${lines(size, (index) => `  p-${index}: { kind: opnai }\n`)}`,
    120,
  ],
  [
    "good providers",
    (size) =>
      `providers:\n${lines(size, (index) => `  p-${index}: { kind: openai, api_key: { value: k } }\n`)}`,
    60,
  ],
  ["a key given again and again", (size) => `server:\n${lines(size, () => "  port: 1\n")}`, 250],
  [
    "names with many dots",
    (size) => `providers:\n  "${"a.".repeat(size * 20)}": { kind: 1, hedders: 2 }\n`,
    250,
  ],
  [
    "mappings merged into each other",
    (size) => `a: &a { name: x }\nmodels:\n${lines(size, () => "  - { <<: *a }\n")}`,
    60,
  ],
];

describe("loading a config takes linear time", () => {
  for (const [title, text, size] of files) {
    it(`of ${title}`, { timeout: 120_000 }, () => {
      expectLinear(
        title,
        (count) => {
          const source = { text: text(count), filename: "c" };
          return () => loadConfig(source, {}, () => "", { validator });
        },
        { size },
      );
    });
  }
});
