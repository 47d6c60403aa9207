import { existsSync, statSync } from "node:fs";
import { sql } from "kysely";
import { beforeAll, describe, expect, it } from "vitest";
import { migrate, readSchema, SchemaTooNewError } from "../../src/store/migrations/migrate.ts";
import { type Migration, migrations } from "../../src/store/migrations/migrations.ts";
import { emptyStore, openForTest, storeKinds } from "./engines.ts";
import { type PostgresServer, startPostgres } from "./postgres-server.ts";

let postgres: PostgresServer;
beforeAll(async () => {
  postgres = await startPostgres();
});

const setting = (name: string, value_json = "") => ({ name, value_json, updated_ms: 1n });

for (const kind of storeKinds) {
  describe(`the engine of ${kind}`, () => {
    const fresh = async () => {
      const engine = await openForTest(await emptyStore(kind, postgres));
      await migrate(engine, 1);
      return engine;
    };

    it("keeps integers of 64 bits exactly", async () => {
      const { db } = await fresh();
      for (const value of [2n ** 63n - 1n, -(2n ** 63n), 0n, 2n ** 53n + 1n]) {
        await db
          .insertInto("settings")
          .values({ ...setting(String(value)), updated_ms: value })
          .execute();
        const row = await db
          .selectFrom("settings")
          .select("updated_ms")
          .where("name", "=", String(value))
          .executeTakeFirst();
        expect(row?.updated_ms).toBe(value);
      }
    });

    it("sums as bigint", async () => {
      const { db } = await fresh();
      for (const name of ["a", "b"])
        await db
          .insertInto("settings")
          .values({ ...setting(name), updated_ms: 2n ** 61n })
          .execute();
      const { sum, count } = await db
        .selectFrom("settings")
        .select(({ fn }) => [fn.sum("updated_ms").as("sum"), fn.countAll().as("count")])
        .executeTakeFirstOrThrow();
      expect([sum, count]).toEqual([2n ** 62n, 2n]);
    });

    const texts = [
      "",
      "'; drop table settings; --",
      '"',
      "\\",
      "%_",
      "\u{1F600}",
      "é",
      "x".repeat(1_000_000),
    ];
    it("keeps texts as they are, whatever they hold", async () => {
      const { db } = await fresh();
      for (const text of texts) {
        await db.insertInto("settings").values(setting("t", text)).execute();
        const row = await db
          .deleteFrom("settings")
          .where("value_json", "=", text)
          .returning("value_json")
          .executeTakeFirst();
        expect(row?.value_json === text).toBe(true);
      }
    });

    it("keeps U+FFFD for what PostgreSQL has no way to keep, and finds it", async () => {
      const { db } = await fresh();
      for (const text of ["a\0b", "a\uD800b"]) {
        await db.insertInto("settings").values(setting("t", text)).execute();
        const row = await db
          .deleteFrom("settings")
          .where("value_json", "=", text)
          .returning("value_json")
          .executeTakeFirst();
        expect(row?.value_json).toBe("a\uFFFDb");
      }
    });

    it("takes back all of a transaction that fails", async () => {
      const { db } = await fresh();
      const failing = db.transaction().execute(async (transaction) => {
        await transaction.insertInto("settings").values(setting("a")).execute();
        await transaction.insertInto("settings").values(setting("a")).execute();
      });
      await expect(failing).rejects.toThrow();
      expect(await db.selectFrom("settings").selectAll().execute()).toEqual([]);
    });

    it("runs transactions that begin together one after the other", async () => {
      const { db } = await fresh();
      await db
        .insertInto("settings")
        .values({ ...setting("n"), updated_ms: 0n })
        .execute();
      const add = () =>
        db.transaction().execute(async (transaction) => {
          const query = transaction.selectFrom("settings").select("updated_ms");
          const { updated_ms } = await (kind === "postgres"
            ? query.forUpdate()
            : query
          ).executeTakeFirstOrThrow();
          await transaction
            .updateTable("settings")
            .set({ updated_ms: updated_ms + 1n })
            .execute();
        });
      await Promise.all(Array.from({ length: 20 }, add));
      const row = await db.selectFrom("settings").select("updated_ms").executeTakeFirst();
      expect(row?.updated_ms).toBe(20n);
    });

    it("is brought to the newest schema once, and says how far it is", async () => {
      const engine = await openForTest(await emptyStore(kind, postgres));
      const names = migrations.map(({ name }) => name);
      expect(await readSchema(engine)).toEqual({
        version: 0,
        known: migrations.length,
        pending: names,
      });
      expect((await migrate(engine, 7)).version).toBe(migrations.length);
      await migrate(engine, 8);
      const rows = await engine.db.selectFrom("schema_versions").selectAll().execute();
      expect(rows.map(({ name, applied_ms }) => [name, applied_ms])).toEqual(
        names.map((name) => [name, 7n]),
      );
    });

    it("is migrated once by gateways that start together", async () => {
      const address = await emptyStore(kind, postgres);
      const one = await openForTest(address);
      // The memory of one engine is not that of another.
      const others =
        kind === "memory"
          ? [one, one]
          : await Promise.all([1, 2, 3].map(() => openForTest(address)));
      await Promise.all([one, ...others].map((engine) => migrate(engine, 1)));
      expect((await readSchema(one)).pending).toEqual([]);
    });

    it("is left alone where a later version has changed it", async () => {
      const engine = await fresh();
      const version = migrations.length + 1;
      const later: Migration = {
        version,
        name: "later",
        async up(db) {
          await db.schema.createTable("later").addColumn("id", "text").execute();
        },
      };
      await migrate(engine, 2, [...migrations, later]);
      const failure = migrate(engine, 3);
      await expect(failure).rejects.toThrow(SchemaTooNewError);
      await expect(failure).rejects.toThrow(`the store has schema ${version}`);
    });

    it("keeps nothing of a migration that fails", async () => {
      const engine = await fresh();
      const failing: Migration = {
        version: migrations.length + 1,
        name: "failing",
        async up(db) {
          await db.schema.createTable("half").addColumn("id", "text").execute();
          await sql`select * from nowhere`.execute(db);
        },
      };
      await expect(migrate(engine, 2, [...migrations, failing])).rejects.toThrow("nowhere");
      const tables = await engine.db.introspection.getTables();
      expect(tables.map(({ name }) => name)).not.toContain("half");
      expect((await readSchema(engine)).version).toBe(migrations.length);
    });
  });
}

describe("the file of SQLite", () => {
  it("is made with its folder, and what was committed is there for the next who opens it", async () => {
    const address = await emptyStore("sqlite", postgres);
    if (address.kind !== "sqlite") throw new Error("no file");
    const engine = await openForTest(address);
    await migrate(engine, 1);
    await engine.db.insertInto("settings").values(setting("kept")).execute();
    expect(existsSync(address.path)).toBe(true);
    expect(statSync(address.path).mode & 0o077).toBe(0);
    const other = await openForTest(address);
    expect(await other.db.selectFrom("settings").select("name").execute()).toEqual([
      { name: "kept" },
    ]);
  });

  it("says why a transaction failed that the database has taken back itself", async () => {
    const engine = await openForTest(await emptyStore("sqlite", postgres));
    await migrate(engine, 1);
    const failing = engine.db.transaction().execute(async (transaction) => {
      await transaction.insertInto("settings").values(setting("a")).execute();
      // As where a disk is full or fails while it is written to.
      await transaction.insertInto("settings").orRollback().values(setting("a")).execute();
    });
    await expect(failing).rejects.toThrow("UNIQUE constraint failed");
    await engine.db.insertInto("settings").values(setting("b")).execute();
    const rows = await engine.db.selectFrom("settings").select("name").execute();
    expect(rows).toEqual([{ name: "b" }]);
  });
});
