import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { BudgetWindow } from "../../../gen/parlance/config/v1/budget_pb.js";
import { periodOf } from "../../../src/policies/budgets/budget-span.ts";

const show = (window: BudgetWindow, at: string, zone = "") =>
  periodOf(window, Date.parse(at), zone).map((ms) => new Date(ms).toISOString().slice(0, 16));

describe("windows of budgets", () => {
  it("are those of the calendar in UTC", () => {
    const at = "2026-11-30T12:30:00Z"; // a Monday
    expect(show(BudgetWindow.HOUR, at)).toEqual(["2026-11-30T12:00", "2026-11-30T13:00"]);
    expect(show(BudgetWindow.DAY, at)).toEqual(["2026-11-30T00:00", "2026-12-01T00:00"]);
    expect(show(BudgetWindow.WEEK, at)).toEqual(["2026-11-30T00:00", "2026-12-07T00:00"]);
    expect(show(BudgetWindow.MONTH, at)).toEqual(["2026-11-01T00:00", "2026-12-01T00:00"]);
    expect(periodOf(BudgetWindow.TOTAL, 1)).toEqual([0, Number.POSITIVE_INFINITY]);
  });

  it.each([
    ["of 23 hours", "Europe/Berlin", "2026-03-29T12:00Z", "2026-03-28T23:00", "2026-03-29T22:00"],
    ["of 25 hours", "Europe/Berlin", "2026-10-25T00:30Z", "2026-10-24T22:00", "2026-10-25T23:00"],
    [
      "in its second 2 o'clock",
      "Europe/Berlin",
      "2026-10-25T01:30Z",
      "2026-10-24T22:00",
      "2026-10-25T23:00",
    ],
    [
      "without midnight",
      "America/Santiago",
      "2026-09-06T12:00Z",
      "2026-09-06T04:00",
      "2026-09-07T03:00",
    ],
    [
      "before such a one",
      "America/Santiago",
      "2026-09-06T03:59Z",
      "2026-09-05T04:00",
      "2026-09-06T04:00",
    ],
    [
      "with two midnights",
      "America/Havana",
      "2026-11-01T05:30Z",
      "2026-11-01T04:00",
      "2026-11-02T05:00",
    ],
    [
      "of half an hour's offset",
      "Asia/Kolkata",
      "2026-11-30T18:29Z",
      "2026-11-29T18:30",
      "2026-11-30T18:30",
    ],
  ])("have days %s", (_, zone, at, start, end) => {
    expect(show(BudgetWindow.DAY, at, zone)).toEqual([start, end]);
  });

  it("have months and weeks that begin where the time zone is", () => {
    const berlin = "Europe/Berlin";
    expect(show(BudgetWindow.MONTH, "2026-03-31T22:30Z", berlin)).toEqual([
      "2026-03-31T22:00",
      "2026-04-30T22:00",
    ]);
    expect(show(BudgetWindow.WEEK, "2026-03-29T22:30Z", berlin)).toEqual([
      "2026-03-29T22:00",
      "2026-04-05T22:00",
    ]);
  });

  it("follow each other without a gap, each with all of its times", () => {
    const zones = [
      "",
      "Europe/Berlin",
      "America/Santiago",
      "America/Havana",
      "Asia/Kathmandu",
      "Australia/Lord_Howe",
      "Africa/Cairo",
      "Pacific/Apia",
    ];
    const windows = [BudgetWindow.HOUR, BudgetWindow.DAY, BudgetWindow.WEEK, BudgetWindow.MONTH];
    fc.assert(
      fc.property(
        fc.constantFrom(...zones),
        fc.constantFrom(...windows),
        fc.integer({ min: Date.UTC(2012, 0), max: Date.UTC(2040, 0) }),
        (zone, window, ms) => {
          const [start, end] = periodOf(window, ms, zone);
          expect(start <= ms && ms < end).toBe(true);
          expect(periodOf(window, start, zone)).toEqual([start, end]);
          expect(periodOf(window, end - 1, zone)).toEqual([start, end]);
          expect(periodOf(window, end, zone)[0]).toBe(end);
        },
      ),
      { numRuns: 600 },
    );
  });
});
