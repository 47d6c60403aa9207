import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { adminKey, startStored } from "../../composition/stored/stored-gateway.ts";
import { scratchFolder } from "../../store/store-gateway.ts";
import { type Ran, runIn } from "../shell.ts";
import { folderWith } from "../spawn-parlance.ts";

async function startWithShell() {
  const address = { kind: "sqlite", path: join(scratchFolder(), "parlance.db") } as const;
  const stored = await startStored({ address, more: { config_source: "STORE" } });
  const env = { PARLANCE_KEY: adminKey };
  const parlance = (...args: readonly string[]): Promise<Ran> =>
    runIn([...args, "--url", stored.gateway.url], { env });
  return { stored, parlance };
}

describe("the live configuration at the command line", () => {
  it("gets providers, models and prices, and loses them", async () => {
    const { stored, parlance } = await startWithShell();
    const made = [
      ["provider", "create", "twin", "--kind", "sim"],
      ["model", "create", "smart", "--targets", "twin/echo", "--fallbacks", "fast"],
      ["price", "set", "own", "--target", "twin/*", "--input", "1", "--output", "4"],
    ];
    for (const args of made) expect(await parlance(...args)).toMatchObject({ code: 0, stderr: "" });
    expect(await stored.chat("smart")).toBe(200);
    expect((await parlance("model", "list")).stdout).toMatch(/smart +twin\/echo +fast +store/);
    expect((await parlance("provider", "list")).stdout).toMatch(/twin +sim +.*store/);
    expect((await parlance("price", "list")).stdout).toMatch(/twin\/echo +\$1 +\$4 +.*store/);
    expect((await parlance("price", "overlays")).stdout).toMatch(/own +twin\/\* +own prices/);
    const shown = JSON.parse((await parlance("model", "show", "smart")).stdout);
    expect(shown).toMatchObject({ settings: { origin: "OBJECT_ORIGIN_STORE", etag: "1" } });
    expect(await parlance("provider", "delete", "twin")).toMatchObject({ code: 1 });
    for (const [kind, name] of [
      ["model", "smart"],
      ["price", "own"],
      ["provider", "twin"],
    ])
      expect((await parlance(String(kind), "delete", String(name))).stdout).toBe(
        `${name} is deleted\n`,
      );
    expect(await stored.chat("smart")).toBe(404);
  });

  it("is planned, applied and rolled back", async () => {
    const { stored, parlance } = await startWithShell();
    const models = (name: string) => [{ name, targets: [{ model: "sim/echo" }] }];
    const providers = { sim: { kind: "sim" } };
    const folder = folderWith({
      "new.yaml": JSON.stringify({ providers, models: models("new") }),
      "other.yaml": JSON.stringify({ providers, models: models("other") }),
      "wrong.yaml": "models:\n  - name: x\n",
    });
    const file = join(folder, "new.yaml");
    const diff = await parlance("config", "diff", file);
    expect(diff).toMatchObject({ code: 0, stderr: "" });
    expect(diff.stdout).toContain("- models[fast]");
    expect(diff.stdout).toContain("+ models[new]");
    const wrong = await parlance("config", "diff", join(folder, "wrong.yaml"));
    expect(wrong.code).not.toBe(0);
    expect(wrong.stderr).toContain("wrong.yaml:2:5: models[0].targets");
    expect((await parlance("config", "apply", file)).stdout).toContain("version 1 is in force");
    expect(await stored.chat("new")).toBe(200);
    await parlance("config", "apply", join(folder, "other.yaml"), "--comment", "another");
    expect(await stored.chat("new")).toBe(404);
    expect((await parlance("config", "rollback", "1")).code).toBe(0);
    expect(await stored.chat("new")).toBe(200);
    const versions = (await parlance("config", "versions")).stdout;
    expect(versions).toMatch(/\n3 .*in force +again version 1/);
    expect(versions).toContain("another");
    expect(JSON.parse((await parlance("config", "versions", "--json")).stdout)).toHaveLength(3);
  });
});
