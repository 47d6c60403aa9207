import { describe, expect, it } from "vitest";
import { send, setUp, statusOf } from "../routed-gateway.ts";
import { explained } from "./explained.ts";

/** About so many tokens. */
const words = (tokens: number) => "one ".repeat(tokens);
const prompt = (tokens: number, more: object = {}) => ({
  messages: [{ role: "user", content: words(tokens) }],
  ...more,
});

const windows = (a: string, b: string, more = "") =>
  `  - { name: m, strategy: PRIORITY, ${more} targets: [{ model: a/x, facts: { ${a} } }, { model: b/x, facts: { ${b} } }] }`;

const small = "context_window: 1000";
const large = "context_window: 100000";

const rows: readonly (readonly [title: string, a: string, body: object, tried: string])[] = [
  ["fits", small, prompt(300), "a"],
  ["fits near the bound, for it is counted", small, prompt(950), "a"],
  ["does not fit", small, prompt(1050), "b"],
  ["does not fit by far", small, prompt(20_000), "b"],
  [
    "fits, and does not with the answer that it allows",
    small,
    prompt(600, { max_tokens: 500 }),
    "b",
  ],
  ["fits with the answer that it allows", small, prompt(300, { max_tokens: 500 }), "a"],
  [
    "allows a longer answer than the target gives",
    `${small}, max_output_tokens: 100`,
    prompt(600, { max_tokens: 500 }),
    "a",
  ],
  [
    "is longer than the target reads",
    "max_input_tokens: 500, context_window: 5000",
    prompt(700),
    "b",
  ],
  ["goes to a target of which nothing is known", "tools: true", prompt(20_000), "a"],
];

describe("a prompt", () => {
  for (const [title, a, body, tried] of rows)
    it(title, async () => {
      const setup = await setUp(windows(a, large), {});
      expect(await statusOf(send(setup, { body }))).toBe(200);
      expect(setup.tried()).toBe(tried);
    });

  it("that is too long for all goes to the context fallbacks, and nobody else is called", async () => {
    const text = `${windows(small, small, "context_fallbacks: [big], fallbacks: [c/y],")}
  - { name: big, targets: [{ model: c/big, facts: { ${large} } }] }`;
    const setup = await setUp(text, {});
    expect(await statusOf(send(setup, { body: prompt(5000) }))).toBe(200);
    expect(setup.vendors.c?.models).toEqual(["big"]);
    expect(setup.tried()).toBe("c");
    const { tried } = await explained(setup, { model: "m", text: words(5000) });
    expect(tried).toEqual(["c/big"]);
  });

  it("that is too long for one target goes to its context fallbacks too", async () => {
    const text = `  - { name: m, context_fallbacks: [b/big], targets: [{ model: a/x, facts: { ${small} } }] }`;
    const setup = await setUp(text, {});
    expect(await statusOf(send(setup, { body: prompt(5000) }))).toBe(200);
    expect(setup.vendors.b?.models).toEqual(["big"]);
    expect(setup.tried()).toBe("b");
  });

  it("that is too long for all fails as the vendor would have it, without a call", async () => {
    const setup = await setUp(windows(small, "context_window: 2000"), {});
    const refused = await send(setup, { body: prompt(5000) });
    expect(refused.status).toBe(400);
    expect(setup.tried()).toBe("");
    const { error } = JSON.parse(await refused.text());
    expect(error.code).toBe("context_length_exceeded");
    expect(error.param).toBe("messages");
    expect(error.message).toMatch(
      /^no target of model m may take this call: a\/x is too small for the prompt of about 50\d\d tokens: its context window has 1000; b\/x is too small .* has 2000$/,
    );
  });

  it("goes to any target where the settings say so, or there is but one", async () => {
    const skips = await setUp(
      windows(small, large),
      {},
      { more: "routing: { skip_context_check: true }" },
    );
    expect(await statusOf(send(skips, { body: prompt(5000) }))).toBe(200);
    expect(skips.tried()).toBe("a");
    const text = `  - { name: m, targets: [{ model: a/x, facts: { ${small} } }] }`;
    const alone = await setUp(text, {});
    expect(await statusOf(send(alone, { body: prompt(5000) }))).toBe(200);
    expect(alone.tried()).toBe("a");
  });
});
