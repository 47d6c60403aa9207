import { readdirSync } from "node:fs";
import { join } from "node:path";
import { expect, it } from "vitest";
import { program } from "../cli/program.ts";
import { folderWith, spawnProgram } from "../cli/spawn-parlance.ts";

const long = { timeout: 120_000 };

async function start(config: string) {
  const folder = folderWith({ "parlance.yaml": config });
  const args = ["serve", "--port", "0", "--config", join(folder, "parlance.yaml")];
  const running = spawnProgram(process.execPath, [program, ...args]);
  const [, url = ""] = await running.printed(/listens on (\S+)[\s\S]*try it:/);
  return { ...running, url };
}

async function post(url: string, path: string, body: object): Promise<unknown> {
  const reply = await fetch(url + path, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify(body),
  });
  return reply.json();
}

it(
  "the published program serves calls with its threads and knows the facts of models",
  long,
  async () => {
    const { url, child, finished } = await start(
      "providers: { sim: { kind: sim }, openai: { kind: openai, api_key: { value: none } } }\nserver: { workers: 2 }\n",
    );
    const messages = [{ role: "user", content: "built" }];
    const completion = await post(url, "/v1/chat/completions", { model: "sim/echo", messages });
    expect(completion).toMatchObject({ choices: [{ message: { content: "built" } }] });
    const described = await post(url, "/parlance.admin.v1.ModelService/DescribeModel", {
      name: "openai/gpt-4o",
    });
    expect(JSON.stringify(described)).toContain("contextWindow");
    child.kill("SIGINT");
    expect(await finished).toMatchObject({ code: 0 });
  },
);

it("the published program reads a long config in a thread of its own", long, async () => {
  const models = Array.from(
    { length: 3_000 },
    (_, index) => `  - { name: m${index}, targets: [{ model: sim/echo }] }`,
  );
  const { url } = await start(`providers: { sim: { kind: sim } }\nmodels:\n${models.join("\n")}\n`);
  const messages = [{ role: "user", content: "long" }];
  const completion = await post(url, "/v1/chat/completions", { model: "m2999", messages });
  expect(completion).toMatchObject({ choices: [{ message: { content: "long" } }] });
});

it(
  "the published program needs no package for its start but those that stay outside",
  long,
  async () => {
    const modules = readdirSync(join(program, ".."));
    expect(modules).toEqual(expect.arrayContaining(["main.js", "worker.js", "examine-worker.js"]));
    const { finished } = spawnProgram(process.execPath, [program, "--version"]);
    expect(await finished).toMatchObject({
      code: 0,
      stdout: expect.stringMatching(/^parlance \d/),
    });
  },
);
