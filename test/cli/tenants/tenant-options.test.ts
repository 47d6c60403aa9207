import { describe, expect, it } from "vitest";
import { BudgetWindow } from "../../../gen/parlance/config/v1/budget_pb.js";
import {
  budgetsOption,
  limitsOption,
  namesOption,
  OptionMistake,
  timeOption,
} from "../../../src/cli/tenants/tenant-options.ts";

const inputOf = (values: Readonly<Record<string, string>>) => ({ values, positionals: [] });

describe("the options of keys and teams", () => {
  const budgets: readonly (readonly [text: string, usd: string, window: BudgetWindow])[] = [
    ["20/month", "20", BudgetWindow.MONTH],
    ["$0.5/hour", "0.5", BudgetWindow.HOUR],
    ["1/day", "1", BudgetWindow.DAY],
    ["999999999.999999999/week", "999999999.999999999", BudgetWindow.WEEK],
    ["100/total", "100", BudgetWindow.TOTAL],
    ["100", "100", BudgetWindow.TOTAL],
  ];
  for (const [text, usd, window] of budgets)
    it(`take ${text} as a budget`, () => {
      expect(budgetsOption(inputOf({ budget: text }))).toEqual([{ usd, window }]);
    });

  it("take several budgets, and none where the text is empty", () => {
    expect(budgetsOption(inputOf({ budget: "5/day, 100/total" }))).toHaveLength(2);
    expect(budgetsOption(inputOf({ budget: "" }))).toEqual([]);
    expect(budgetsOption(inputOf({}))).toBeUndefined();
  });

  for (const text of ["-1/day", "1e3/day", "20/year", "20/", "1.", "/day", "1 /day", "0x1"])
    it(`refuse ${text} as a budget`, () => {
      expect(() => budgetsOption(inputOf({ budget: text }))).toThrow(OptionMistake);
    });

  it("take limits by the words that people use for them", () => {
    const input = inputOf({ rpm: "60", tpm: "100000", concurrent: "10", rpd: "5" });
    expect(limitsOption(input)).toEqual({
      requestsPerMinute: 60,
      tokensPerMinute: 100_000,
      concurrent: 10,
      requestsPerDay: 5,
    });
    expect(limitsOption(inputOf({}))).toBeUndefined();
  });

  for (const text of ["0", "-1", "1.5", "many", ""])
    it(`refuse "${text}" as a limit`, () => {
      expect(() => limitsOption(inputOf({ rpm: text }))).toThrow("--rpm must be a whole number");
    });

  it("take names with commas between, and an empty text as none", () => {
    expect(namesOption(inputOf({ models: "fast, claude-*,," }), "models")).toEqual([
      "fast",
      "claude-*",
    ]);
    expect(namesOption(inputOf({ models: "" }), "models")).toEqual([]);
  });

  it("take times with their unit alone", () => {
    expect(timeOption(inputOf({ grace: "2h" }), "grace")).toBe(7_200_000);
    expect(() => timeOption(inputOf({ grace: "2" }), "grace")).toThrow("--grace 2 is no time");
  });
});
