import { join } from "node:path";
import { expect, it } from "vitest";
import { until } from "../../redis/until.ts";
import { runIn, startIn } from "../shell.ts";
import { folderWith } from "../spawn-parlance.ts";

const config = `server: { port: 0, drain_delay: 0s }
providers:
  near: { kind: openai_compatible, base_url: "http://127.0.0.1:8001/v1" }
  openai: { kind: openai, api_key: { value: none } }
models:
  - { name: any, targets: [{ model: near/a }, { model: near/b }] }
  - { name: single, strategy: LOWEST_COST, targets: [{ model: near/a }] }
  - name: cheap
    strategy: LOWEST_COST
    targets:
      - { model: near/a }
      - { model: near/priced, facts: { prices: { tokens: { input: "1", output: "4" } } } }
      - { model: openai/gpt-4o }
  - { name: known, strategy: LOWEST_COST, targets: [{ model: openai/gpt-4o }, { model: openai/gpt-4o-mini }] }
  - { name: both, strategy: LOWEST_COST, targets: [{ model: near/a }, { model: near/b }] }
prices: [{ target: near/b, prices: { tokens: { input: "1", output: "2" } } }]
`;
const hint = "(set facts.prices of the target, or prices)";
const warning = (at: number, model: string) =>
  `:1:1: models[${at}].strategy: warning: the price of near/a is not known, so that LOWEST_COST takes other targets of ${model} first ${hint}\n`;

it("a target of unknown price is warned of where its model goes by costs", async () => {
  const path = join(folderWith({ "p.yaml": config }), "p.yaml");
  const { code, stdout } = await runIn(["check", path]);
  expect(code).toBe(0);
  expect(stdout).toBe(
    `${path}${warning(2, "cheap")}${path}${warning(4, "both")}${path}: ok: 2 providers, 5 models, 0 keys; open, on 127.0.0.1:0\n`,
  );
  const running = startIn(["serve", "--config", path]);
  await until(() => running.printed.stderr.includes("try it:"));
  running.signal("SIGTERM");
  const { stderr } = await running.ran;
  expect(stderr).toContain(`${path}${warning(2, "cheap")}`);
});
