import { create } from "@bufbuild/protobuf";
import { expect, it, onTestFinished } from "vitest";
import { ChatSchema } from "../../gen/parlance/chat/v1/chat_pb.js";
import type { PlannedTarget } from "../../gen/parlance/chat/v1/chat_service_pb.js";
import { Role } from "../../gen/parlance/chat/v1/message_pb.js";
import { EmbedSpecSchema } from "../../gen/parlance/embed/v1/embedding_pb.js";
import { createConfiguredEngine } from "../../src/configured-gateway.ts";
import type { CallRequest } from "../../src/core/call.ts";
import { printUsd } from "../../src/core/facts/nano-usd.ts";
import { chat, embed } from "../../src/core/operation.ts";
import { requestOf } from "../calls.ts";

const prices = (tokens: string) => `facts: { prices: { tokens: { ${tokens} } } }`;

/** What Explain says of the targets of the model `m`; no vendor is there. */
async function planned(
  strategy: string,
  targets: readonly string[],
  request: CallRequest,
): Promise<readonly PlannedTarget[]> {
  const text = `providers:
  p: { kind: openai_compatible, base_url: "http://127.0.0.1:9/v1" }
models: [{ name: m, strategy: ${strategy}, targets: [${targets.join(", ")}] }]`;
  const world = { record: () => undefined, random: () => 0 };
  const { engine } = await createConfiguredEngine({ config: { text, filename: "" }, world });
  onTestFinished(() => engine.close());
  const call = engine.begin({ model: "m", request, header: () => undefined });
  return (await engine.explain(call)).targets;
}

const text = { case: "text", value: { text: "hi" } } as const;
const messages = [{ role: Role.USER, parts: [{ content: text }] }];
const bounded = (maxOutputTokens: number) =>
  requestOf(chat, create(ChatSchema, { model: "m", messages, maxOutputTokens }));

const seen = (targets: readonly PlannedTarget[]) =>
  targets.map(({ target, expectedCostNanoUsd, score, unpriced }) => [
    target?.model,
    expectedCostNanoUsd,
    score,
    unpriced,
  ]);

const two = [
  `{ model: p/a, requests_per_minute: 10, ${prices('input: "0", output: "4"')} }`,
  "{ model: p/b, requests_per_minute: 10 }",
];

for (const [strategy, score] of [
  ["WEIGHTED", undefined],
  ["PRIORITY", undefined],
  ["LEAST_BUSY", 0],
  ["LOWEST_LATENCY", undefined],
  ["USAGE", 0],
  ["STICKY", undefined],
] as const)
  it(`${strategy}: says what a call costs where prices are known, and what is compared`, async () => {
    const found = seen(await planned(strategy, two, bounded(1_000)));
    expect(found.toSorted()).toEqual([
      ["a", 4_000_000n, score, false],
      ["b", undefined, score, true],
    ]);
  });

it("LOWEST_COST: compares what it says that the call costs", async () => {
  const targets = [
    `{ model: p/a, ${prices('input: "3", output: "4"')} }`,
    "{ model: p/b }",
    `{ model: p/c, ${prices('input: "1", output: "2"')} }`,
  ];
  const found = await planned("LOWEST_COST", targets, bounded(1_000));
  expect(found.map(({ target }) => target?.model)).toEqual(["c", "a", "b"]);
  for (const { expectedCostNanoUsd: cost, score, why } of found.slice(0, 2)) {
    expect(Math.round(score ?? 0)).toBe(Number(cost));
    expect(why).toContain(`about ${printUsd(cost ?? 0n)} USD`);
  }
  expect(found[2]).toMatchObject({ unpriced: true });
});

it("knows what embeddings cost, whose answers have no tokens", async () => {
  const input = { case: "text", value: "x".repeat(4_000) } as const;
  const request = requestOf(embed, create(EmbedSpecSchema, { model: "m", inputs: [{ input }] }));
  const targets = [
    `{ model: p/a, ${prices('input: "9"')} }`,
    `{ model: p/b, ${prices('input: "2"')} }`,
  ];
  const found = await planned("LOWEST_COST", targets, request);
  expect(found.map(({ target }) => target?.model)).toEqual(["b", "a"]);
  expect(Number(found[0]?.expectedCostNanoUsd)).toBeGreaterThanOrEqual(2_000_000);
  expect(Number(found[0]?.expectedCostNanoUsd)).toBeLessThan(2_200_000);
});
