import { setUp } from "../routing/routed-gateway.ts";
import type { Act } from "../routing/scripted-vendor.ts";

/** A target whose every request costs so many dollars. */
export function priced(target: string, dollars: number, more = ""): string {
  const prices = `{ tokens: { input: "0", output: "0" }, thousand_requests: "${dollars * 1_000}" }`;
  return `{ model: ${target}${more}, facts: { prices: ${prices} } }`;
}

/** A key `dev` with a budget, as the config has it. */
export function devKey(budget: string, more = ""): string {
  return `keys: [{ name: dev, value: { value: sk-dev }, budget: { ${budget} }${more} }]`;
}

export const dev = { headers: { authorization: "Bearer sk-dev" }, body: { max_tokens: 5 } };

/** A gateway whose model m tries a target of one dollar, of two and of three, in this order. */
export function setUpDollars(
  more: string,
  scripts: Readonly<Record<string, Act[]>> = {},
  model = "",
) {
  const targets = [priced("a/x", 1), priced("b/x", 2), priced("c/x", 3)].join(", ");
  const models = [
    `  - { name: m, strategy: PRIORITY, targets: [${targets}]${model} }`,
    `  - { name: cheap, targets: [${priced("a/x", 0.25)}] }`,
    `  - { name: other, targets: [${priced("c/x", 0.5)}] }`,
    "  - { name: unknown, targets: [{ model: b/y }] }",
    `  - { name: mixed, strategy: PRIORITY, targets: [{ model: b/y }, ${priced("c/x", 1)}] }`,
  ];
  return setUp(models.join("\n"), scripts, { more });
}
