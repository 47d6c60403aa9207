import { expect, it } from "vitest";
import { printLedgerRow } from "../../../src/core/ledger/ledger-json.ts";
import {
  parseSealedContent,
  printSealedContent,
  type SealedContent,
  type WrappedDataKey,
} from "../../../src/core/ledger/sealed-content.ts";
import {
  keepDataKey,
  pageKeysToRewrap,
  rewrapDataKey,
} from "../../../src/store/content/content-keys.ts";
import { runContentRetention } from "../../../src/store/content/content-retention.ts";
import { erasePersonContent } from "../../../src/store/content/erase-content.ts";
import { type ContentQuery, pageContent } from "../../../src/store/content/read-content.ts";
import { writeContent } from "../../../src/store/content/write-content.ts";
import type { Engine } from "../../../src/store/engine/engine.ts";
import { pageCalls } from "../../../src/store/ledger/query-calls.ts";
import { writeOrReject } from "../../../src/store/ledger/write-or-reject.ts";
import { callRow } from "../ledger-rows.ts";

const day = 86_400_000;
const may = Date.UTC(2026, 4, 1);

const dataKey = (id: string, more: Partial<WrappedDataKey> = {}): WrappedDataKey => ({
  id,
  organization: "org",
  team: "acme",
  userHash: "",
  endUserHash: "",
  masterKey: "m1",
  wrapped: `wrapped ${id}`,
  createdMs: may,
  ...more,
});

const content = (callId: string, key: WrappedDataKey, endedMs = may): SealedContent => ({
  callId,
  endedMs,
  organization: key.organization,
  team: key.team,
  key: "dev",
  sealed: `sealed ${callId}`,
  dataKey: key,
});

const idsOf = async (engine: Engine, query: Partial<ContentQuery> = {}) => {
  const { contents } = await pageContent(engine, { limit: 100, oldestFirst: true, ...query });
  return contents.map(({ callId }) => callId);
};

/** What holds for stored content in each kind of database. */
export function contentSuite(fresh: () => Promise<Engine>): void {
  it("keep content with its key, once, page by page", async () => {
    const engine = await fresh();
    const [a, b] = [dataKey("a"), dataKey("b", { team: "other", organization: "" })];
    const all = [content("c1", a, may), content("c2", b, may), content("c3", a, may + 1)];
    expect(await writeContent(engine, all)).toBe(0);
    expect(await writeContent(engine, [{ ...content("c1", a), sealed: "another" }])).toBe(0);
    const first = await pageContent(engine, { limit: 2, oldestFirst: true });
    expect(first.contents).toEqual(all.slice(0, 2));
    expect(await idsOf(engine, { after: first.next })).toEqual(["c3"]);
    expect(await idsOf(engine, { oldestFirst: false })).toEqual(["c3", "c2", "c1"]);
    expect(await idsOf(engine, { teams: ["acme"], fromMs: may + 1 })).toEqual(["c3"]);
    expect(await idsOf(engine, { callIds: ["c2"], toMs: may })).toEqual([]);
    const within = { organizations: ["org"], teams: [] };
    expect(await idsOf(engine, { within })).toEqual(["c1", "c3"]);
    expect(await idsOf(engine, { within: { organizations: [], teams: [] } })).toEqual([]);
    expect(await idsOf(engine, { keys: ["dev"], organizations: [] })).toEqual([]);
  });

  it("write content among records of calls, and keep none that is refused", async () => {
    const engine = await fresh();
    const lines = [
      printLedgerRow(callRow("c1")),
      printSealedContent(content("c1", dataKey("a"))),
      '{"content":{"callId":"c2"}}',
    ];
    const heard: string[] = [];
    await writeOrReject(engine, lines, {
      reject: (record) => void heard.push(record),
      rejectContent: (why) => void heard.push(why),
      erased: (calls) => calls > 0 && heard.push(`${calls} erased`),
    });
    expect(heard).toEqual(["SyntaxError: is no line of content"]);
    expect(await idsOf(engine)).toEqual(["c1"]);
    expect((await pageCalls(engine, { limit: 9 })).calls.map(({ callId }) => callId)).toEqual([
      "c1",
    ]);
    const [, line = ""] = lines;
    expect(parseSealedContent(line)).toEqual(content("c1", dataKey("a")));
  });

  it("erase a person in a team or everywhere, and what is still on its way", async () => {
    const engine = await fresh();
    const [ada, grace] = [{ endUserHash: "ada" }, { endUserHash: "grace", userHash: "u1" }];
    const keys = [dataKey("a", ada), dataKey("g", grace), dataKey("o", { ...ada, team: "other" })];
    await writeContent(
      engine,
      keys.map((key) => content(`of ${key.id}`, key)),
    );
    const person = { team: "acme", userHash: "", endUserHash: "ada" };
    expect(await erasePersonContent(engine, { person, id: "e1", nowMs: may + 5 })).toEqual({
      calls: 1,
      dataKeys: 1,
    });
    expect(await idsOf(engine)).toEqual(["of g", "of o"]);
    const late = content("late", dataKey("a", ada), may + 9);
    const after = content("after", dataKey("a2", { ...ada, createdMs: may + 6 }), may + 9);
    expect(await writeContent(engine, [late, after])).toBe(1);
    expect(await idsOf(engine)).toEqual(["of g", "of o", "after"]);
    const user = { userHash: "u1", endUserHash: "" };
    await erasePersonContent(engine, { person: user, id: "e2", nowMs: may + 5 });
    expect(await idsOf(engine)).toEqual(["of o", "after"]);
    const everywhere = { userHash: "", endUserHash: "ada" };
    expect(await idsOf(engine, { person: everywhere })).toEqual(["of o", "after"]);
    await erasePersonContent(engine, { person: everywhere, id: "e3", nowMs: may + 50 });
    expect(await idsOf(engine)).toEqual([]);
    expect(await pageKeysToRewrap(engine, { masterKey: "", afterId: "", limit: 9 })).toEqual([]);
    const nobody = { userHash: "", endUserHash: "" };
    await writeContent(engine, [content("c", dataKey("n"))]);
    const nothing = await erasePersonContent(engine, { person: nobody, id: "e4", nowMs: may });
    expect(nothing).toEqual({ calls: 0, dataKeys: 0 });
    expect(await idsOf(engine, { person: nobody })).toEqual([]);
  });

  it("have one key under a name, and wrap keys anew without touching content", async () => {
    const engine = await fresh();
    const people = dataKey("people");
    expect(await keepDataKey(engine, people)).toEqual(people);
    expect(await keepDataKey(engine, { ...people, wrapped: "another" })).toEqual(people);
    await writeContent(engine, [content("c1", dataKey("a"))]);
    const query = { masterKey: "m2", afterId: "", limit: 9 };
    const found = await pageKeysToRewrap(engine, query);
    expect(found.map(({ id }) => id)).toEqual(["a", "people"]);
    const change = { id: "a", before: "wrapped a", masterKey: "m2", wrapped: "anew" };
    expect(await rewrapDataKey(engine, change)).toBe(true);
    expect(await rewrapDataKey(engine, change)).toBe(false);
    expect(await pageKeysToRewrap(engine, query)).toEqual([people]);
    const { contents } = await pageContent(engine, { limit: 9 });
    const { sealed } = content("c1", dataKey("a"));
    expect(contents).toMatchObject([{ sealed, dataKey: { masterKey: "m2", wrapped: "anew" } }]);
  });

  it("delete content by the retention of its team, and keys without any", async () => {
    const engine = await fresh();
    const [a, b] = [dataKey("a"), dataKey("b", { team: "other" })];
    const many = Array.from({ length: 600 }, (_, at) => content(`old${at}`, a, may + at));
    await writeContent(engine, [...many, content("b1", b), content("b2", b, may + 9 * day)]);
    await keepDataKey(engine, dataKey("people"));
    const retention = { teams: new Map([["acme", day]]), otherMs: 5 * day };
    const run = (holder: string, nowMs: number) =>
      runContentRetention(engine, { retention, holder, nowMs });
    const both = await Promise.all([run("h1", may + 2 * day), run("h2", may + 2 * day)]);
    expect(both.sort()).toEqual([0, 600]);
    expect(await idsOf(engine)).toEqual(["b1", "b2"]);
    expect(await run("h2", may + 2 * day + 1)).toBe(0);
    expect(await run("h2", may + 10 * day)).toBe(1);
    expect(await idsOf(engine)).toEqual(["b2"]);
    const left = await pageKeysToRewrap(engine, { masterKey: "", afterId: "", limit: 9 });
    expect(left.map(({ id }) => id)).toEqual(["b", "people"]);
  });
}
