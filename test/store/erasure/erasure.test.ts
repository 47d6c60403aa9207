import { readFileSync } from "node:fs";
import { beforeAll, describe, expect, it } from "vitest";
import type { LedgerRow } from "../../../src/core/ledger/ledger-row.ts";
import type { AuditRow } from "../../../src/store/audit/audit.ts";
import { directoryRow } from "../../../src/store/directory/directory-row.ts";
import { openDirectory } from "../../../src/store/directory/read-directory.ts";
import { writeDirectory } from "../../../src/store/directory/write-directory.ts";
import type { Engine } from "../../../src/store/engine/engine.ts";
import { beginErasure } from "../../../src/store/erasure/begin-erasure.ts";
import { countPerson } from "../../../src/store/erasure/count-person.ts";
import { columnFates, erasedColumns, erasedRow } from "../../../src/store/erasure/erased-call.ts";
import type { Erasure } from "../../../src/store/erasure/erasure-row.ts";
import { finishErasure } from "../../../src/store/erasure/finish-erasure.ts";
import { pageErasures } from "../../../src/store/erasure/list-erasures.ts";
import type { StoredPerson } from "../../../src/store/erasure/person-hash.ts";
import { type KnownErasure, reapplyErasures } from "../../../src/store/erasure/reapply-erasures.ts";
import { stepErasure } from "../../../src/store/erasure/step-erasure.ts";
import { aggregateUsage } from "../../../src/store/ledger/aggregate-usage.ts";
import { callColumns } from "../../../src/store/ledger/call-columns.ts";
import { pageCalls } from "../../../src/store/ledger/query-calls.ts";
import type { RolledDimension } from "../../../src/store/ledger/sums-of-calls.ts";
import { writeCalls } from "../../../src/store/ledger/write-calls.ts";
import { migrate } from "../../../src/store/migrations/migrate.ts";
import { emptyStore, openForTest, storeKinds } from "../engines.ts";
import { callRow } from "../ledger-rows.ts";
import { type PostgresServer, startPostgres } from "../postgres-server.ts";

let postgres: PostgresServer;
beforeAll(async () => {
  postgres = await startPostgres();
});

const hour = 3_600_000;
const nowMs = Date.UTC(2026, 4, 3, 12);
const eve = { kind: "end_user", name: "eve", organizationId: "", teamId: "" } as const;
const una = { kind: "user", name: "una", organizationId: "acme", teamId: "" } as const;

/** An empty store with a secret. */
async function open(kind: (typeof storeKinds)[number]): Promise<Engine> {
  const engine = await openForTest(await emptyStore(kind, postgres));
  await migrate(engine, 1);
  await openDirectory(engine, { newSecret: "5ec2e7", nowMs: 1 });
  return engine;
}

const auditRow = (id: string, over: Partial<AuditRow>): AuditRow => ({
  id,
  at_ms: 1n,
  actor_id: "admin",
  actor_name: "Ada",
  address: "192.0.2.1",
  request_id: "r",
  action: "x.y",
  object_kind: "",
  object_id: "",
  organization_id: "",
  team_id: "",
  before_json: "",
  after_json: "",
  ...over,
});

async function begin(engine: Engine, person: StoredPerson, requestKey = ""): Promise<Erasure> {
  const id = `e-${person.name}`;
  const audit = auditRow(`a-${id}`, { action: "person.erase" });
  const begun = await beginErasure(engine, { id, person, requestKey, nowMs, audit });
  if (!begun.ok) throw new Error(begun.why);
  return begun.erasure;
}

async function stepsOf(engine: Engine, id: string): Promise<Erasure> {
  for (;;) {
    const erasure = await stepErasure(engine, { id });
    if (erasure === undefined) throw new Error("there is no erasure");
    if (erasure.progress.step === "done") return erasure;
  }
}

const finish = (engine: Engine, id: string) =>
  finishErasure(engine, {
    ...{ id, nowMs: nowMs + 1, receiptJson: "{}" },
  });

/** All that a store holds, as one text. */
async function textOf(engine: Engine): Promise<string> {
  const tables = await engine.db.introspection.getTables();
  const rows = await Promise.all(
    tables.map(({ name }) =>
      engine.db
        .selectFrom(name as "calls")
        .selectAll()
        .execute(),
    ),
  );
  return JSON.stringify(rows, (_, value) => (typeof value === "bigint" ? String(value) : value));
}

const sums = async (engine: Engine, dimension: RolledDimension, organizations?: string[]) =>
  (
    await aggregateUsage(engine, {
      ...{ dimension, bucket: "all", fromMs: 0, toMs: nowMs + 2 * hour, top: 100 },
      ...(organizations && { organizations }),
    })
  ).map(({ value, sums: { calls, cost_nano_usd } }) => `${value} ${calls} ${cost_nano_usd}`);

const calls = async (engine: Engine) =>
  (await pageCalls(engine, { limit: 100, oldestFirst: true })).calls;

describe("the columns of a call", () => {
  it("become what was decided of each, in rows that are written and in those that are not", () => {
    const row = callRow("a", { user: "una" });
    for (const kind of ["user", "end_user"] as const) {
      const before = callColumns(row);
      const after = { ...before, ...erasedColumns(kind) };
      expect(after).toEqual(callColumns(erasedRow(row, kind)));
      for (const [name, fate] of Object.entries(columnFates)) {
        const changes = fate === "both" || fate === kind;
        expect([name, Reflect.get(after, name) !== Reflect.get(before, name)]).toEqual([
          name,
          changes,
        ]);
      }
    }
  });

  it("are all in the table of the documentation", () => {
    const text = readFileSync("docs/privacy.md", "utf8");
    const table = text.slice(text.indexOf("| column of a call |"));
    const names = [...(table.split("\n\n")[0] ?? "").matchAll(/`([a-z_]+)`/g)].map(
      ([, name]) => name,
    );
    expect(names.toSorted()).toEqual(Object.keys(columnFates).toSorted());
  });
});

describe.each(storeKinds)("an erasure in %s", (kind) => {
  it("takes an end user from calls and sums, and leaves money and others", async () => {
    const engine = await open(kind);
    const marked: Partial<LedgerRow> = { session: "s-eve", tags: ["web", "user:eve"] };
    await writeCalls(engine, [
      callRow("a", marked),
      callRow("b", { ...marked, organization: "other" }),
      callRow("c", { endUser: "bob", session: "s-bob", tags: ["web"], clientAddress: "192.0.2.9" }),
      callRow("later", { endedMs: nowMs + hour }),
    ]);
    const total = await sums(engine, "total");
    const ofTeams = await sums(engine, "team", ["acme"]);
    const planned = await countPerson(engine, { person: eve, nowMs });
    expect(planned.progress.counts).toMatchObject({ calls: 3, directory: 0, audit: 0 });
    const begun = await begin(engine, eve);
    const { progress } = await stepsOf(engine, begun.id);
    expect(progress.counts.calls).toBe(2);
    expect(progress.vendors).toEqual({ openai: 2 });
    await finish(engine, begun.id);
    const [one, , bob, later] = await calls(engine);
    expect(one).toMatchObject({ endUser: "(erased)", session: "", tags: [], clientAddress: "" });
    expect(one).toMatchObject({ key: "dev", organization: "acme", cost: callRow("a").cost });
    expect(bob).toMatchObject({ endUser: "bob", session: "s-bob", clientAddress: "192.0.2.9" });
    expect(later).toMatchObject({ endUser: "eve" });
    expect(await sums(engine, "end_user")).toEqual(["(erased) 2 3000", "bob 1 1500", "eve 1 1500"]);
    expect(await sums(engine, "tag")).toEqual(["web 4 6000", "(erased) 2 3000", "eu 1 1500"]);
    expect(await sums(engine, "total")).toEqual(total);
    expect(await sums(engine, "team", ["acme"])).toEqual(ofTeams);
    // The call that came later is whole.
    expect((await textOf(engine)).includes("s-eve")).toBe(false);
    expect((await textOf(engine)).includes("user:eve")).toBe(false);
  });

  it("takes an end user from the calls of one organization alone", async () => {
    const engine = await open(kind);
    await writeCalls(engine, [callRow("a"), callRow("b", { organization: "other" })]);
    await stepsOf(engine, (await begin(engine, { ...eve, organizationId: "acme" })).id);
    expect((await calls(engine)).map(({ endUser }) => endUser)).toEqual(["(erased)", "eve"]);
    expect(await sums(engine, "end_user")).toEqual(["(erased) 1 1500", "eve 1 1500"]);
    expect(await sums(engine, "end_user", ["acme"])).toEqual(["(erased) 1 1500"]);
    // A record that comes late is looked at in the same way.
    const late = { endedMs: nowMs - 1 };
    await writeCalls(engine, [
      callRow("late", late),
      callRow("other", { ...late, organization: "other" }),
    ]);
    expect((await calls(engine)).slice(2).map(({ endUser }) => endUser)).toEqual([
      "(erased)",
      "eve",
    ]);
  });

  it("takes a user from the directory, its calls, sums and the audit", async () => {
    const engine = await open(kind);
    const rows = [
      directoryRow({ kind: "organization", id: "acme", name: "Acme" }),
      directoryRow({ kind: "user", id: "una", name: "Una U", email: "una@example.com" }),
      directoryRow({ kind: "user", id: "ben", name: "Ben B", email: "ben@example.com" }),
      directoryRow({ kind: "key", id: "k-una", name: "laptop", userId: "una", hash: "h1" }),
      directoryRow({ kind: "key", id: "k-ben", name: "phone", userId: "ben", hash: "h2" }),
      directoryRow({ kind: "member", id: "una\n\nt", userId: "una", teamId: "t", role: "member" }),
    ];
    await writeDirectory(engine, {
      writes: rows.map((row) => ({ row, how: "create" })),
      audit: [
        auditRow("1", { object_kind: "user", object_id: "una", after_json: '{"name":"Una U"}' }),
        auditRow("2", { object_kind: "key", object_id: "old", after_json: '{"user":"una"}' }),
        auditRow("3", { object_kind: "member", object_id: "una\n\nt" }),
        auditRow("4", { object_kind: "user", object_id: "ben", after_json: '{"name":"Ben B"}' }),
        auditRow("5", { actor_id: "una", actor_name: "Una U", address: "192.0.2.7" }),
      ],
    });
    await writeCalls(engine, [
      callRow("a", { user: "una", key: "k-una", principal: "k-una" }),
      callRow("b", { user: "una", key: "k-gone", principal: "k-gone" }),
      callRow("c", { user: "ben", key: "k-ben", principal: "k-ben" }),
    ]);
    const begun = await begin(engine, una);
    const { progress } = await stepsOf(engine, begun.id);
    expect(progress.counts).toMatchObject({ directory: 3, calls: 2, audit: 4 });
    expect(progress.principals.toSorted()).toEqual(["k-gone", "k-una"]);
    await finish(engine, begun.id);
    expect(await sums(engine, "user")).toEqual(["(erased) 2 3000", "ben 1 1500"]);
    expect(await sums(engine, "key")).toEqual(["(erased) 2 3000", "k-ben 1 1500"]);
    await writeCalls(engine, [
      callRow("late", { user: "una", key: "k-una", principal: "k-una" }),
      callRow("keyed", { user: "", key: "k-una", principal: "k-una" }),
    ]);
    expect(await sums(engine, "user")).toEqual(["(erased) 4 6000", "ben 1 1500"]);
    const text = await textOf(engine);
    const gone = ["Una", "una@example.com", "k-una", "k-gone", "192.0.2.7"];
    expect(gone.filter((one) => text.includes(one))).toEqual([]);
    // Who did something stays by its id: an audit has to say so.
    expect(text.replaceAll("e-una", "").match(/una/g)).toHaveLength(1);
    const kept = ["Ben B", "ben@example.com", "k-ben"];
    expect(kept.filter((one) => !text.includes(one))).toEqual([]);
  });

  it("goes on where it was, once for each request", async () => {
    const engine = await open(kind);
    await writeCalls(engine, [callRow("a")]);
    const { id } = await begin(engine, eve, "once");
    await stepErasure(engine, { id });
    // Another process asks again, by the key or without it.
    expect(await begin(engine, eve)).toMatchObject({ id, progress: { step: "calls" } });
    expect(
      await beginErasure(engine, {
        id: "x",
        person: una,
        requestKey: "once",
        nowMs,
        audit: auditRow("x", {}),
      }),
    ).toMatchObject({ ok: false, why: "other" });
    await stepsOf(engine, id);
    expect(await finish(engine, id)).toBe(true);
    expect(await finish(engine, id)).toBe(false);
    expect(await begin(engine, eve, "once")).toMatchObject({ id, finishedMs: nowMs + 1, name: "" });
    expect((await stepErasure(engine, { id }))?.receiptJson).toBe("{}");
  });

  it("is done again on a copy from before it, by its receipt", async () => {
    const engine = await open(kind);
    const rows = [callRow("a"), callRow("b", { endUser: "bob" }), callRow("c", { endUser: "kim" })];
    await writeCalls(engine, rows);
    const within = { ...eve, name: "kim", organizationId: "acme" };
    const known: KnownErasure[] = [];
    for (const person of [eve, within, { ...eve, name: "nobody" }]) {
      const { id, personHash } = await begin(engine, person);
      await stepsOf(engine, id);
      await finish(engine, id);
      const times = { begunMs: nowMs, finishedMs: nowMs + 1 };
      known.push({ ...person, id, personHash, keyHashes: [], ...times, receiptJson: "{}" });
    }
    const copy = await open(kind);
    await writeCalls(copy, [...rows, callRow("later", { endedMs: nowMs + hour })]);
    expect(await reapplyErasures(copy, known)).toBe(2);
    expect((await calls(copy)).map(({ endUser }) => endUser)).toEqual([
      ...["(erased)", "bob", "(erased)"],
      "eve",
    ]);
    await writeCalls(copy, [callRow("late")]);
    expect((await sums(copy, "end_user"))[0]).toBe("(erased) 3 4500");
    expect((await pageErasures(copy, { open: false, before: "", limit: 9 })).length).toBe(3);
    expect(await reapplyErasures(copy, known)).toBe(1);
  });
});
