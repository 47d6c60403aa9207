import { describe, expect, it } from "vitest";
import { send, setUp, statusOf } from "./routed-gateway.ts";

const target = (name: string, input: string, output: string) =>
  `{ model: ${name}/x, facts: { prices: { tokens: { input: "${input}", output: "${output}" } } } }`;
const model = (...targets: string[]) =>
  `  - { name: m, strategy: LOWEST_COST, targets: [${targets.join(", ")}] }`;

describe("the strategy LOWEST_COST", () => {
  it("goes by what this call costs: its prompt and its answer", async () => {
    const setup = await setUp(model(target("a", "1", "10"), target("b", "5", "2")), {});
    const long = { messages: [{ role: "user", content: "words ".repeat(2_000) }], max_tokens: 1 };
    await statusOf(send(setup, { body: { max_tokens: 5_000 } }));
    await statusOf(send(setup, { body: long }));
    expect(setup.tried()).toBe("ba");
  });

  it("takes targets without prices last, and never for free", async () => {
    const setup = await setUp(
      model("{ model: a/x }", target("b", "5", "2"), target("c", "4", "2")),
      {
        b: [500],
        c: [500],
      },
    );
    const reply = await send(setup);
    await reply.text();
    expect(setup.tried()).toBe("cba");
    expect(reply.headers.get("x-parlance-why")).toContain("what it costs is not known");
  });

  it("expects answers as long as those of the model were", async () => {
    // Without any answer 500 tokens are expected, for which b costs less.
    const setup = await setUp(model(target("a", "1", "10"), target("b", "100", "1")), {});
    await statusOf(send(setup));
    expect(setup.tried()).toBe("b");
    // The vendor's answers have a token each.
    await statusOf(send(setup));
    expect(setup.tried()).toBe("ba");
  });

  it("goes by the price of the tier that the prompt is in", async () => {
    const tiered = `{ model: a/x, facts: { prices: { tokens: { input: "1", output: "1" }, tiers: [{ above_input_tokens: 1000, tokens: { input: "9" } }] } } }`;
    const setup = await setUp(model(tiered, target("b", "4", "1")), {});
    const ask = (words: number) => ({
      messages: [{ role: "user", content: "words ".repeat(words) }],
      max_tokens: 1,
    });
    await statusOf(send(setup, { body: ask(10) }));
    await statusOf(send(setup, { body: ask(2_000) }));
    expect(setup.tried()).toBe("ab");
  });

  it("says what a call is expected to cost", async () => {
    const setup = await setUp(model(target("a", "1", "10"), target("b", "5", "20")), {});
    const reply = await send(setup, { body: { max_tokens: 1_000_000 } });
    await reply.text();
    expect(reply.headers.get("x-parlance-why")).toMatch(/about 10\.0000\d+ USD/);
  });
});
