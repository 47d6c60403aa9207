import { existsSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { openEngine } from "../../src/store/engine/engine.ts";
import { writeCalls } from "../../src/store/ledger/write-calls.ts";
import { callRow } from "../store/ledger-rows.ts";
import { scratchFolder } from "../store/store-gateway.ts";
import { runIn } from "./shell.ts";

/** A folder with a config of two stores, and the command line of each. */
function stores() {
  const folder = scratchFolder();
  const commandFor = (name: string) => {
    const config = join(folder, `${name}.yaml`);
    writeFileSync(config, `store: { sqlite: { path: "${folder}/${name}.db" } }\n`);
    return (...words: string[]) => runIn(["store", ...words, "--config", config]);
  };
  return { folder, one: commandFor("one"), other: commandFor("other") };
}

describe("parlance store", () => {
  it("brings the schema to the newest and says how it is", async () => {
    const { one } = stores();
    expect((await one("status")).stdout).toMatch(/^sqlite: schema 0 of \d+: pending first_tables/);
    expect(await one("migrate")).toMatchObject({ code: 0, stderr: "" });
    expect((await one("migrate")).stdout).toContain("nothing was pending");
    expect((await one("status")).stdout).toMatch(
      /^sqlite: schema (\d+) of \1\ncalls: 0\nkeys: 0\n$/,
    );
  });

  it("takes all of a store to another one by a file", async () => {
    const { folder, one, other } = stores();
    await one("migrate");
    const engine = await openEngine(
      { kind: "sqlite", path: join(folder, "one.db") },
      () => undefined,
    );
    await writeCalls(engine, [callRow("a"), callRow("b")]);
    await engine.close();
    const file = join(folder, "all.jsonl");
    expect((await one("export", file)).stdout).toMatch(/^exported \d+ rows to /);
    expect((await other("import", file)).stdout).toMatch(/^imported \d+ rows from /);
    expect((await other("status")).stdout).toContain("calls: 2\n");
    expect(await one("import", file)).toMatchObject({ code: 1 });
  });

  it("says what is wrong with a command line", async () => {
    const { folder, one } = stores();
    expect(await one("drop")).toMatchObject({ code: 2 });
    expect((await one("export")).stderr).toContain("export takes a FILE");
    expect((await one("status", "x")).stderr).toContain("status takes no FILE");
    expect(await one("import", join(folder, "none"))).toMatchObject({ code: 1 });
    const config = join(folder, "memory.yaml");
    writeFileSync(config, "store: { memory: {} }\n");
    const ran = await runIn(["store", "migrate", "--config", config]);
    expect([ran.code, ran.stderr]).toEqual([1, expect.stringContaining("add store: { sqlite")]);
    expect(existsSync("data")).toBe(false);
  });
});
