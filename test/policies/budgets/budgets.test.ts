import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, it, onTestFinished, test } from "vitest";
import { BudgetWindow } from "../../../gen/parlance/config/v1/key_pb.js";
import { periodOf } from "../../../src/policies/budgets.ts";
import { chat, startPriced, usage } from "../priced-gateway.ts";

const as = { headers: { authorization: "Bearer dev-key" } };
const withBudget = (usd: string, more = "") => `
teams: [{ name: t, budget: { usd: "1", window: TOTAL } }]
keys: [{ name: dev, value: { value: dev-key }, team: t, budget: { usd: "${usd}", window: MONTH } }${more}]`;

describe("a budget", () => {
  it("refuses what it has no room for, by name, without calling a vendor", async () => {
    const setup = await startPriced(withBudget("0.00005"));
    const statuses: number[] = [];
    for (let at = 0; at < 3; at += 1) {
      const reply = await chat(setup, { max_tokens: 5 }, as);
      statuses.push(reply.status);
      if (reply.status !== 402) await reply.text();
      else
        expect(await reply.json()).toMatchObject({
          error: {
            type: "budget_exceeded",
            code: "budget_exceeded",
            message:
              "budget exceeded: key dev may spend 0.00005 USD, and 0.00003 USD are spent or held; it resets: 2026-12-01T00:00:00.000Z",
          },
        });
    }
    expect(statuses).toEqual([200, 402, 402]);
    expect(setup.requests).toHaveLength(1);
  });

  it("says on replies what the tightest budget leaves", async () => {
    const setup = await startPriced(withBudget("0.00005"));
    const left: (string | null)[] = [];
    for (let at = 0; at < 2; at += 1) {
      const reply = await chat(setup, { max_tokens: 5 }, as);
      await reply.text();
      left.push(reply.headers.get("x-parlance-budget-remaining-usd"));
    }
    // What the first call holds, then what it took.
    expect(left).toEqual(["0.000025", "0.00002"]);
  });

  it("gives back what a failed call held", async () => {
    const setup = await startPriced(withBudget("0.00005"));
    setup.answer = { status: 400 };
    for (let at = 0; at < 3; at += 1)
      expect((await chat(setup, { max_tokens: 5 }, as)).status).toBe(400);
    setup.answer = { usage };
    expect((await chat(setup, { max_tokens: 5 }, as)).status).toBe(200);
  });

  it("refuses a model without known prices", async () => {
    const setup = await startPriced(withBudget("1"));
    const reply = await chat(setup, { model: "free" }, as);
    expect(reply.status).toBe(402);
    expect(await reply.json()).toMatchObject({ error: { code: "unpriced" } });
  });

  it("is never overspent by 200 calls at once", async () => {
    const setup = await startPriced(withBudget("0.0003"));
    const replies = await Promise.all(
      Array.from({ length: 200 }, () => chat(setup, { max_tokens: 5 }, as)),
    );
    for (const reply of replies) await reply.text();
    const spent = setup.records.reduce(
      (sum, { cost }) => sum + (cost.kind === "priced" ? cost.nanoUsd : 0n),
      0n,
    );
    expect(spent).toBeGreaterThan(0n);
    expect(spent).toBeLessThanOrEqual(300_000n);
  });
});

it("windows are those of the calendar in UTC", () => {
  const at = Date.UTC(2026, 10, 30, 12, 30); // a Monday
  const text = (window: BudgetWindow) =>
    periodOf(window, at).map((ms) => new Date(ms).toISOString().slice(0, 13));
  expect(text(BudgetWindow.HOUR)).toEqual(["2026-11-30T12", "2026-11-30T13"]);
  expect(text(BudgetWindow.DAY)).toEqual(["2026-11-30T00", "2026-12-01T00"]);
  expect(text(BudgetWindow.WEEK)).toEqual(["2026-11-30T00", "2026-12-07T00"]);
  expect(text(BudgetWindow.MONTH)).toEqual(["2026-11-01T00", "2026-12-01T00"]);
  expect(periodOf(BudgetWindow.TOTAL, at)).toEqual([0, Number.POSITIVE_INFINITY]);
});

test("spending goes on after a restart where the ledger says it was", async () => {
  const folder = mkdtempSync(join(tmpdir(), "budgets-"));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  const more = `${withBudget("0.00007")}\nstore: { sqlite: { path: ${join(folder, "parlance.db")} } }`;
  const first = await startPriced(more);
  for (let at = 0; at < 2; at += 1) await (await chat(first, { max_tokens: 5 }, as)).text();
  await first.gateway.close();
  const second = await startPriced(more);
  const reply = await chat(second, { max_tokens: 5 }, as);
  expect([reply.status, await reply.text()]).toEqual([
    402,
    expect.stringContaining("key dev may spend 0.00007 USD, and 0.00006 USD are spent or held"),
  ]);
});
