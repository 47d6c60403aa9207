import { createClient } from "@connectrpc/connect";
import { createConnectTransport } from "@connectrpc/connect-node";
import { expect, it } from "vitest";
import { ChatService } from "../../../gen/parlance/chat/v1/chat_service_pb.js";
import { Role } from "../../../gen/parlance/chat/v1/message_pb.js";
import { send, statusOf } from "../routing/routed-gateway.ts";
import { dev, devKey, setUpDollars } from "./dollar-gateway.ts";

/** Explains a chat to a model as the key dev. */
function explain(setup: Parameters<typeof send>[0], model = "m") {
  const transport = createConnectTransport({ baseUrl: setup.gateway.url, httpVersion: "1.1" });
  const parts = [{ content: { case: "text" as const, value: { text: "hi" } } }];
  const chat = { model, messages: [{ role: Role.USER, parts }], maxOutputTokens: 5 };
  return createClient(ChatService, transport).explain({ chat }, { headers: dev.headers });
}

it("Explain shows what a call would hold of limits and budgets, and holds nothing", async () => {
  const setup = await setUpDollars(
    `${devKey('usd: "5", window: DAY, fallback: cheap', ", limits: { requests_per_minute: 9 }")}
budgets: [{ name: vendors, per: [PROVIDER], budget: { usd: "1.5", window: DAY } }]`,
  );
  expect(await statusOf(send(setup, dev))).toBe(200);
  for (let at = 0; at < 2; at += 1) {
    const { bounds, targets } = await explain(setup);
    expect(bounds).toMatchObject([
      { owner: "key dev", allows: "9 requests a minute", used: "1", holds: "1", remains: "7" },
      { owner: "key dev", allows: "5.00 USD", used: "1.00", holds: "3.00", remains: "1.00" },
    ]);
    expect(targets[0]?.why).toContain("it would be passed over: budget exceeded: budget vendors");
  }
});

it("Explain goes to the fallback of a budget, and fails where a call would", async () => {
  const setup = await setUpDollars(devKey('usd: "0.5", window: DAY, fallback: cheap'));
  const { bounds, targets } = await explain(setup);
  expect(targets[0]?.why).toContain("falls back to cheap");
  expect(bounds).toMatchObject([
    { allows: "0.50 USD, counted only", holds: "0.25", remains: "0.25" },
  ]);
  await expect(explain(setup, "unknown")).rejects.toThrow("no prices are known of b/y");
});
