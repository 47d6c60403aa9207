import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { Engine } from "../../../src/store/engine/engine.ts";
import { migrate } from "../../../src/store/migrations/migrate.ts";
import {
  questionOperations,
  type StoredQuestion,
} from "../../../src/store/questions/question-operations.ts";
import { openForTest } from "../engines.ts";
import { type PgliteServer, startPglite } from "../pglite-server.ts";
import { startPostgres } from "../postgres-server.ts";

const nowMs = 1_000_000;

let server: PgliteServer;
beforeAll(async () => {
  server = await startPglite();
});
afterAll(() => server.close());

/** Opens the database, in which nothing is noted. */
async function openQuestions(): Promise<Engine> {
  const { url } = server;
  const engine = await openForTest({ kind: "postgres", url });
  await migrate(engine, nowMs);
  expect(await questionOperations["questions.open"](engine, {})).toEqual({ ok: true });
  await server.query("truncate semantic_questions");
  return engine;
}

/** Notes questions with the first numbers of their vectors, by their keys. */
async function add(
  engine: Engine,
  questions: Readonly<Record<string, readonly number[]>>,
  more: Partial<StoredQuestion> = {},
): Promise<void> {
  for (const [at, [key, numbers]] of Object.entries(questions).entries())
    await questionOperations["questions.add"](engine, {
      context: "c",
      key,
      vector: unit(numbers),
      max: 9,
      model: "m",
      principal: "dev",
      team: "",
      notedMs: nowMs + at,
      expiresMs: nowMs + 60_000,
      ...more,
    });
}

function unit(numbers: readonly number[]): Float32Array {
  const length = Math.hypot(...numbers);
  return Float32Array.from(numbers, (number) => number / length);
}

async function near(engine: Engine, context = "c", atMs = nowMs, vector = [1, 0]) {
  const search = { context, vector: unit(vector), nowMs: atMs, limit: 8 };
  const found = await questionOperations["questions.near"](engine, search);
  return found.map(({ key, similarity }) => [key, Number(similarity.toFixed(4))]);
}

describe("questions in PostgreSQL", () => {
  it("are found by the angle between vectors, the nearest first, in their context alone", async () => {
    const engine = await openQuestions();
    await add(engine, { far: [2, 1], near: [5, 1], same: [3, 0] });
    await add(engine, { elsewhere: [1, 0] }, { context: "other" });
    await add(engine, { longer: [1, 0, 0] });
    expect(await near(engine)).toEqual([
      ["same", 1],
      ["near", 0.9806],
      ["far", 0.8944],
    ]);
    expect(await near(engine, "other")).toEqual([["elsewhere", 1]]);
    expect(await near(engine, "nobody's")).toEqual([]);
  });

  it("of a context are the newest, and those that come again move up", async () => {
    const engine = await openQuestions();
    await add(engine, { a: [1, 0], b: [1, 0.1] }, { max: 2 });
    await add(engine, { a: [1, 0.2] }, { max: 2, notedMs: nowMs + 10 });
    await add(engine, { c: [1, 0.3] }, { max: 2, notedMs: nowMs + 20 });
    expect((await near(engine)).map(([key]) => key)).toEqual(["a", "c"]);
  });

  it("are gone past their time, when they are forgotten, and with purges", async () => {
    const engine = await openQuestions();
    await add(engine, { a: [1, 0], b: [1, 0.1] });
    await add(engine, { short: [1, 0.2] }, { expiresMs: nowMs + 5 });
    await add(engine, { other: [1, 0.3] }, { model: "n", team: "t", principal: "o" });
    const keys = async (atMs = nowMs) => (await near(engine, "c", atMs)).map(([key]) => key);
    expect(await keys(nowMs + 5)).toEqual(["a", "b", "other"]);
    // The answer to a new one may only be on its way.
    const forget = (atMs: number) =>
      questionOperations["questions.forget"](engine, { context: "c", key: "a", nowMs: atMs });
    await forget(nowMs + 9_000);
    expect(await keys()).toContain("a");
    await forget(nowMs + 11_000);
    expect(await keys()).toEqual(["b", "short", "other"]);
    await questionOperations["questions.purge"](engine, { entry: "b", model: "n" });
    expect(await keys()).toEqual(["b", "short", "other"]);
    await questionOperations["questions.purge"](engine, { model: "n", team: "t", principal: "o" });
    expect(await keys()).toEqual(["b", "short"]);
    await questionOperations["questions.purge"](engine, {});
    expect(await keys()).toEqual([]);
  });

  it("of all contexts are no more than there may be, without those past their time", async () => {
    const engine = await openQuestions();
    await add(engine, { old: [1, 0] }, { expiresMs: nowMs });
    for (const context of ["c", "d", "e"])
      await add(
        engine,
        { one: [1, 0], two: [1, 0] },
        { context, notedMs: nowMs + context.charCodeAt(0) },
      );
    await questionOperations["questions.trim"](engine, { nowMs, max: 4 });
    expect(await near(engine, "c")).toEqual([]);
    expect((await near(engine, "d")).length).toBe(2);
    expect((await near(engine, "e")).length).toBe(2);
  });

  it("keep texts apart that differ in what PostgreSQL has no place for, and take no more from names", async () => {
    const engine = await openQuestions();
    const context = "c'; drop table semantic_questions; --";
    await add(engine, { "k'": [1, 0] }, { context, model: "m'" });
    expect(await near(engine, context)).toEqual([["k'", 1]]);
    await questionOperations["questions.purge"](engine, { model: "m' or 1=1" });
    expect(await near(engine, context)).toEqual([["k'", 1]]);
  });
});

describe("a database for questions", () => {
  it("is opened as often as there are threads that do", async () => {
    const { url } = server;
    await server.query("drop table if exists semantic_questions");
    const engines = await Promise.all([1, 2, 3].map(() => openForTest({ kind: "postgres", url })));
    const opened = engines.map((engine) => questionOperations["questions.open"](engine, {}));
    expect(await Promise.all(opened)).toEqual(Array(3).fill({ ok: true }));
  });

  it("says what has to be done where it has no pgvector", async () => {
    const postgres = await startPostgres();
    const url = await postgres.createDatabase();
    const engine = await openForTest({ kind: "postgres", url });
    expect(await questionOperations["questions.open"](engine, {})).toEqual({
      ok: false,
      fix: expect.stringMatching(/no extension vector: install pgvector/),
    });
    const memory = await openForTest({ kind: "memory" });
    expect(await questionOperations["questions.open"](memory, {})).toMatchObject({ ok: false });
  });

  it("says what has to be done where its user may not make the extension", async () => {
    await server.query("drop extension if exists vector cascade");
    await server.query("create role plain login");
    const engine = await openForTest({ kind: "postgres", url: server.url });
    await server.query("set session authorization plain");
    const opened = await questionOperations["questions.open"](engine, {});
    await server.query("reset session authorization");
    expect(opened).toMatchObject({ ok: false, fix: expect.stringMatching(/CREATE EXTENSION/) });
  });
});
