import { describe, expect, it } from "vitest";
import { loadConfig } from "../../src/config/loading/load-config.ts";
import { printViolation } from "../../src/config/violation.ts";

const load = (text: string, env: Record<string, string> = {}) =>
  loadConfig(
    { text: `providers: { sim: { kind: sim } }\n${text}`, filename: "c.yaml" },
    env,
    () => "",
    {},
  );

const storeOf = (text: string, env?: Record<string, string>) => {
  const loaded = load(text, env);
  if (!loaded.ok) throw new Error(JSON.stringify(loaded.violations));
  return loaded.settings.store;
};

describe("store", () => {
  it("is memory unless the config says something else", () => {
    expect(storeOf("")).toBeUndefined();
    expect(storeOf("store: { memory: {} }")).toBeUndefined();
    expect(storeOf("store: { on_store_down: REFUSE }")).toBeUndefined();
  });

  it("has the defaults of a file", () => {
    expect(storeOf("store: { sqlite: {} }")).toEqual({
      address: { kind: "sqlite", path: "./data/parlance.db" },
      refuseDown: false,
      journal: {
        path: "data/parlance.journal",
        maxBytes: 2 ** 30,
        refuseFull: false,
        intents: false,
      },
    });
  });

  it("has its journal beside the file, unless that is elsewhere", () => {
    expect(storeOf("store: { sqlite: { path: /var/p/p.db } }")?.journal.path).toBe(
      "/var/p/parlance.journal",
    );
    const journal = "journal: { path: /fast/j, max_bytes: 1048576, when_full: REFUSE }";
    expect(storeOf(`store: { sqlite: {}, on_store_down: REFUSE, ${journal} }`)).toMatchObject({
      refuseDown: true,
      journal: { path: "/fast/j", maxBytes: 1_048_576, refuseFull: true },
    });
  });

  it("takes the address of PostgreSQL from the environment and shows it nowhere", () => {
    const url = "postgres://u:secret@db/parlance";
    const store = storeOf("store: { postgres: { url: { env: DB } } }", { DB: url });
    expect(store?.address.kind === "postgres" && store.address.url.reveal()).toBe(url);
    expect(JSON.stringify(store)).not.toContain("secret");
  });

  const cases: readonly (readonly [title: string, text: string, expected: string])[] = [
    [
      "an address that is none",
      "store: { postgres: { url: { value: 'mysql://u:secret@h/d' } } }",
      "c.yaml:2:22: store.postgres.url: is not the address of a PostgreSQL database",
    ],
    [
      "a word that is none",
      "store: { sqlite: {}, on_store_down: MAYBE }",
      "c.yaml:2:37: store.on_store_down",
    ],
    [
      "a journal without room",
      "store: { sqlite: {}, journal: { max_bytes: 1000 } }",
      "c.yaml:2:44: store.journal.max_bytes",
    ],
    [
      "a retention that is too short",
      "ledger: { retention: 60s }",
      "c.yaml:2:22: ledger.retention",
    ],
  ];
  for (const [title, text, expected] of cases)
    it(`refuses ${title}`, () => {
      const loaded = load(text);
      const found = loaded.ok ? [] : loaded.violations.map((one) => printViolation("c.yaml", one));
      expect(found).toEqual([expect.stringContaining(expected)]);
      expect(found.join()).not.toContain("secret");
    });
});
