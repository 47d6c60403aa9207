import { describe, expect, it } from "vitest";
import { type Setup, send, setUp as setUpRouted } from "../routing/routed-gateway.ts";
import { rpc } from "./ruled-gateway.ts";

const models = `
  - { name: m, targets: [{ model: a/x }] }
  - { name: n, targets: [{ model: b/x }] }`;
const capped = "rules: [{ name: short, when: 'true', cap: { max_tokens: 100 } }]";

const setUp = (rules: string) => setUpRouted(models, { a: [500] }, { more: rules });

function bodyAt({ vendors }: Setup, vendor: string): Record<string, unknown> {
  return JSON.parse(vendors[vendor]?.bodies[0] ?? "{}");
}

describe("what a rule sets and caps", () => {
  for (const [title, body, fallback, sent] of [
    ["a bound of its own", { max_tokens: 50 }, { max_tokens: 5000 }, { max_tokens: 100 }],
    [
      "a bound in another member",
      { max_tokens: 50 },
      { max_completion_tokens: 5000 },
      { max_tokens: 100 },
    ],
    ["no bound any more", { max_tokens: 50 }, { max_tokens: null }, { max_tokens: 100 }],
    ["a bound below the cap", {}, { max_tokens: 7 }, { max_tokens: 7 }],
  ] as const)
    it(`holds for a fallback with ${title}`, async () => {
      const setup = await setUp(capped);
      const reply = await send(setup, {
        body: { ...body, fallbacks: [{ model: "n", ...fallback }] },
      });
      expect(reply.status).toBe(200);
      const { max_tokens, max_completion_tokens } = bodyAt(setup, "b");
      expect({
        ...(max_tokens !== undefined && { max_tokens }),
        ...(max_completion_tokens !== undefined && { max_completion_tokens }),
      }).toEqual(sent);
      const changed = JSON.stringify(sent) !== JSON.stringify(fallback);
      const report = reply.headers.get("x-parlance-fidelity") ?? "";
      if (changed) expect(report).toContain("max_output_tokens");
    });

  it("goes before what a fallback says", async () => {
    const setup = await setUp("rules: [{ name: cold, when: 'true', set: { temperature: 0 } }]");
    const reply = await send(setup, {
      body: { temperature: 0, fallbacks: [{ model: "n", temperature: 1.5 }] },
    });
    expect(bodyAt(setup, "b")).toMatchObject({ temperature: 0 });
    expect(reply.headers.get("x-parlance-fidelity")).toBe("sampling.temperature=CLAMPED");
  });

  it("holds for the fallbacks of typed callers, and is explained", async () => {
    const setup = await setUp(capped);
    const chat = {
      model: "m",
      messages: [{ role: "ROLE_USER", text: "hi" }],
      maxOutputTokens: 50,
      fallbacks: [{ model: "n", maxOutputTokens: 5000 }],
    };
    const explained = await rpc(setup, "Explain", { chat });
    const [, fallback] = explained.json.targets ?? [];
    expect(JSON.parse(fallback?.bodyJson ?? "{}").max_tokens).toBe(100);
    expect(fallback?.fidelity).toMatchObject([
      { field: "max_output_tokens", note: "capped by the rule short" },
    ]);
    expect((await rpc(setup, "Complete", { chat })).status).toBe(200);
    expect(bodyAt(setup, "b").max_tokens).toBe(100);
  });
});
