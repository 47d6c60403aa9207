import { expect, test } from "vitest";
import { loadConfig } from "../../src/config/loading/load-config.ts";
import { printViolation } from "../../src/config/violation.ts";

const head = "providers: { sim: { kind: sim } }\nprices: [";

test.each([
  [
    '{ target: sam/echo, discount_percent: "5" }',
    '2:20: prices[0].target: "sam/echo" is no target of a provider of the file (write provider/model, with the provider\'s name in providers)',
  ],
  [
    '{ target: "sim/*/*", discount_percent: "5" }',
    "2:20: prices[0].target: has more than one `*` (one `*` stands for any text)",
  ],
  [
    "{ target: sim/echo }",
    "2:10: prices[0]: says nothing of prices (set prices, discount_percent, uplift_percent, margin_percent or reported)",
  ],
  [
    "{ target: sim/echo, reported: true, since: 2026-02-30 }",
    "2:53: prices[0].since: is no day or time (write a day such as 2026-12-01 or a time such as 2026-12-01T08:00:00Z)",
  ],
  [
    "{ target: sim/echo, reported: true, since: 2026-02-03, until: 2026-02-03 }",
    "2:72: prices[0].until: is not after since (the entry would never be in force)",
  ],
])("%s is refused", (entry, message) => {
  const result = loadConfig({ text: `${head}${entry}]`, filename: "c" }, {}, () => "");
  const found = result.ok ? [] : result.violations;
  expect(found.map((one) => printViolation("c", one))).toEqual([`c:${message}`]);
});

test.each(["-1", "101", "100.5", "1e1", "ten", "1.1234567"])(
  "a discount of %s percent is refused",
  (percent) => {
    const text = `${head}{ target: sim/echo, discount_percent: "${percent}" }]`;
    expect(loadConfig({ text, filename: "c" }, {}, () => "").ok).toBe(false);
  },
);
