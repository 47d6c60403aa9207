import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Code, ConnectError, createClient } from "@connectrpc/connect";
import { createConnectTransport } from "@connectrpc/connect-node";
import { describe, expect, it, onTestFinished, test } from "vitest";
import { ChatService } from "../../../gen/parlance/chat/v1/chat_service_pb.js";
import { Role } from "../../../gen/parlance/chat/v1/message_pb.js";
import { ErrorReason } from "../../../gen/parlance/error/v1/error_reason_pb.js";
import { FaultSchema } from "../../../gen/parlance/error/v1/fault_pb.js";
import { chat, startPriced, usage } from "../priced-gateway.ts";

const as = { headers: { authorization: "Bearer dev-key" } };
const withBudget = (usd: string, more = "") => `
teams: [{ name: t, budget: { usd: "1", window: TOTAL } }]
keys: [{ name: dev, value: { value: dev-key }, team: t, budget: { usd: "${usd}", window: MONTH } }${more}]`;

describe("a budget", () => {
  it("refuses what it has no room for, by name, without calling a vendor", async () => {
    const setup = await startPriced(withBudget("0.00012"));
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
              "budget exceeded: key dev may spend 0.00012 USD, and 0.00003 USD are spent or held; it resets: 2026-12-01T00:00:00.000Z",
          },
        });
    }
    expect(statuses).toEqual([200, 402, 402]);
    expect(setup.requests).toHaveLength(1);
  });

  it("says on replies what the tightest budget leaves", async () => {
    const setup = await startPriced(withBudget("0.00012"));
    const left: (string | null)[] = [];
    for (let at = 0; at < 2; at += 1) {
      const reply = await chat(setup, { max_tokens: 5 }, as);
      await reply.text();
      left.push(reply.headers.get("x-parlance-budget-remaining-usd"));
    }
    // What the first call took is gone, and what was held for it is not; the second is refused.
    expect(left).toEqual(["0.00009", "0.00009"]);
  });

  it("gives back what a failed call held", async () => {
    const setup = await startPriced(withBudget("0.00012"));
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
    const setup = await startPriced(withBudget("0.0009"));
    const replies = await Promise.all(
      Array.from({ length: 200 }, () => chat(setup, { max_tokens: 5 }, as)),
    );
    for (const reply of replies) await reply.text();
    const spent = setup.records.reduce(
      (sum, { cost }) => sum + (cost.kind === "priced" ? cost.nanoUsd : 0n),
      0n,
    );
    expect(spent).toBeGreaterThan(0n);
    expect(spent).toBeLessThanOrEqual(900_000n);
  });
});

test("spending goes on after a restart where the ledger says it was", async () => {
  const folder = mkdtempSync(join(tmpdir(), "budgets-"));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  const more = `${withBudget("0.00014")}\nstore: { sqlite: { path: ${join(folder, "parlance.db")} } }`;
  const first = await startPriced(more);
  for (let at = 0; at < 2; at += 1) await (await chat(first, { max_tokens: 5 }, as)).text();
  await first.gateway.close();
  const second = await startPriced(more);
  const reply = await chat(second, { max_tokens: 5 }, as);
  expect([reply.status, await reply.text()]).toEqual([
    402,
    expect.stringContaining("key dev may spend 0.00014 USD, and 0.00006 USD are spent or held"),
  ]);
});

test("budgets of the config and rolling ones go on after a restart too", async () => {
  const folder = mkdtempSync(join(tmpdir(), "budgets-"));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  const more = `
store: { sqlite: { path: ${join(folder, "parlance.db")} } }
keys:
  - { name: dev, value: { value: dev-key } }
  - { name: rolls, value: { value: rolling-key }, budget: { usd: "0.00012", rolling: 86400s } }
budgets:
  - { name: users, per: [END_USER], budget: { usd: "0.00012", window: DAY } }
  - { name: vendor, targets: ["far/*"], budget: { usd: "0.0005", window: TOTAL } }`;
  const rolling = { headers: { authorization: "Bearer rolling-key" } };
  const first = await startPriced(more);
  const users = (user: string) => ({ max_tokens: 5, user });
  for (const call of [chat(first, users("eve"), as), chat(first, { max_tokens: 5 }, rolling)])
    expect((await (await call).text()).length).toBeGreaterThan(0);
  await first.gateway.close();
  const second = await startPriced(more);
  const said: string[] = [];
  for (const call of [
    () => chat(second, users("eve"), as),
    () => chat(second, { max_tokens: 5 }, rolling),
    () => chat(second, { max_tokens: 500 }, as),
  ])
    said.push(await (await call()).text());
  expect(said).toEqual([
    expect.stringContaining("budget users of end user eve may spend 0.00012 USD, and 0.00003 USD"),
    expect.stringContaining(
      "key rolls may spend 0.00012 USD within 86400 seconds, and 0.00003 USD",
    ),
    expect.stringContaining("budget vendor may spend 0.0005 USD, and 0.00006 USD are spent"),
  ]);
});

test("RPC clients get the state of the budget in the Fault", async () => {
  const setup = await startPriced(withBudget("0.00001"));
  const transport = createConnectTransport({ baseUrl: setup.gateway.url, httpVersion: "1.1" });
  const message = {
    role: Role.USER,
    parts: [{ content: { case: "text" as const, value: { text: "hi" } } }],
  };
  const error = await createClient(ChatService, transport)
    .complete({ chat: { model: "m", messages: [message], maxOutputTokens: 5 } }, as)
    .then(() => undefined, ConnectError.from);
  expect([error?.code, error?.findDetails(FaultSchema)[0]]).toMatchObject([
    Code.ResourceExhausted,
    {
      reason: ErrorReason.BUDGET_EXCEEDED,
      budget: {
        owner: "key dev",
        limitUsd: "0.00001",
        spentUsd: "0.00",
        resetsAt: { seconds: BigInt(Date.UTC(2026, 11) / 1_000) },
      },
    },
  ]);
});
