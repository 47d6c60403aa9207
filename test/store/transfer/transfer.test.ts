import { beforeAll, describe, expect, it } from "vitest";
import type { Engine } from "../../../src/store/engine/engine.ts";
import { aggregateUsage } from "../../../src/store/ledger/aggregate-usage.ts";
import { pageCalls } from "../../../src/store/ledger/query-calls.ts";
import { writeCalls } from "../../../src/store/ledger/write-calls.ts";
import { migrate } from "../../../src/store/migrations/migrate.ts";
import { exportStore } from "../../../src/store/transfer/export-store.ts";
import { importStore } from "../../../src/store/transfer/import-store.ts";
import { ownTables, transferTables } from "../../../src/store/transfer/store-tables.ts";
import { emptyStore, openForTest } from "../engines.ts";
import { callRow } from "../ledger-rows.ts";
import { type PostgresServer, startPostgres } from "../postgres-server.ts";

let postgres: PostgresServer;
beforeAll(async () => {
  postgres = await startPostgres();
});

const fresh = async (kind: "sqlite" | "postgres"): Promise<Engine> => {
  const engine = await openForTest(await emptyStore(kind, postgres));
  await migrate(engine, 1);
  return engine;
};

/** A store with calls, a key and a change of the audit, with what is hard to carry. */
async function filled(kind: "sqlite" | "postgres", calls = 1_300): Promise<Engine> {
  const engine = await fresh(kind);
  const rows = Array.from({ length: calls }, (_, at) =>
    callRow(`c${at}`, {
      endUser: `"é\u{1F600}'${at % 5}`,
      endedMs: 1_700_000_000_000 + at * 60_000,
    }),
  );
  await writeCalls(engine, rows);
  const named = { settings_json: "{}", metadata_json: "", blocked: 0n, version: 2n ** 62n };
  await engine.db
    .insertInto("keys")
    .values({
      ...named,
      id: "k1",
      name: "of a team",
      created_ms: 1n,
      updated_ms: 2n,
      organization_id: "",
      team_id: "t",
      user_id: "",
      kind: "inference",
      hash: "00ff",
      hint: "sk-ab",
      previous_hash: "",
      sealed: "one\nother",
      previous_until_ms: 0n,
      expires_ms: 0n,
      last_used_ms: 0n,
    })
    .execute();
  return engine;
}

async function exported(engine: Engine): Promise<string[]> {
  let text = "";
  const write = async (lines: string): Promise<void> => {
    text += lines;
  };
  await exportStore(engine, "export-1", write, () => undefined);
  return text.split("\n").slice(0, -1);
}

/** The lines, which break off after some. */
async function* linesOf(lines: readonly string[], breakAfter = Number.POSITIVE_INFINITY) {
  for (const [at, line] of lines.entries()) {
    if (at >= breakAfter) throw new Error("the disk is gone");
    yield line;
  }
}

const take = (engine: Engine, lines: AsyncIterable<string>) =>
  importStore(engine, lines, 1, () => undefined);

describe("a transfer", () => {
  for (const [from, to] of [
    ["sqlite", "postgres"],
    ["postgres", "sqlite"],
  ] as const)
    it(`loses nothing from ${from} to ${to}, also where it is broken off`, async () => {
      const source = await filled(from);
      const lines = await exported(source);
      const target = await fresh(to);
      await expect(take(target, linesOf(lines, 700))).rejects.toThrow("the disk is gone");
      await expect(take(target, linesOf(lines, 1_900))).rejects.toThrow("the disk is gone");
      expect(await take(target, linesOf(lines))).toBe(lines.length - 1);
      expect(await take(target, linesOf(lines))).toBe(lines.length - 1);
      for (const look of [
        (engine: Engine) => pageCalls(engine, { limit: 10_000 }),
        (engine: Engine) => engine.db.selectFrom("keys").selectAll().execute(),
        (engine: Engine) =>
          aggregateUsage(engine, {
            dimension: "end_user",
            bucket: "day",
            fromMs: 1_700_000_000_000,
            toMs: 1_800_000_000_000,
            top: 100,
          }),
      ])
        expect(await look(target)).toEqual(await look(source));
      const again = await exported(target);
      const withoutProgress = again.filter((line) => !line.includes("import progress"));
      expect(withoutProgress.slice(1).sort()).toEqual(lines.slice(1).sort());
    });

  it("covers every table", async () => {
    const engine = await fresh("sqlite");
    const tables = (await engine.db.introspection.getTables()).map(({ name }) => name);
    expect(tables.sort()).toEqual([...transferTables.map(({ name }) => name), ...ownTables].sort());
  });

  it("refuses a store that has something else, a file that was cut, and what is no export", async () => {
    const lines = await exported(await filled("sqlite", 20));
    await expect(take(await filled("sqlite", 1), linesOf(lines))).rejects.toThrow(
      "the store has rows in keys already",
    );
    await expect(take(await fresh("sqlite"), linesOf(lines.slice(0, -3)))).rejects.toThrow(
      /the file ends after \d+ of \d+ rows/,
    );
    const wrong: readonly (readonly [readonly string[], string])[] = [
      [[], "the file is empty"],
      [["{}"], "line 1: this is no export"],
      [["not JSON"], "line 1: this is no export"],
      [[lines[0] ?? "", "{}"], "line 2: is no row"],
      [
        [lines[0] ?? "", '["sqlite_master",{"name":"x"}]'],
        'line 2: there is no table "sqlite_master"',
      ],
      [[(lines[0] ?? "").replace('"schema":', '"schema":9')], "the export has schema 9"],
    ];
    for (const [text, message] of wrong)
      await expect(take(await fresh("sqlite"), linesOf(text))).rejects.toThrow(message);
  });
});
