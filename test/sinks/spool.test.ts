import { chmodSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, it, onTestFinished } from "vitest";
import { openSpool } from "../../src/sinks/spool.ts";
import { callRow } from "../store/ledger-rows.ts";

const rows = (count: number, name: string) =>
  Array.from({ length: count }, (_, at) => callRow(`${name}-${at}`));

function scratch(maxBytes = 10_000_000) {
  const parent = mkdtempSync(join(tmpdir(), "parlance-spool-"));
  onTestFinished(() => rmSync(parent, { recursive: true }));
  const folder = join(parent, "of/one");
  let now = Date.UTC(2026, 10, 30);
  const open = () => openSpool({ folder, maxBytes, wallMs: () => now });
  const pass = (ms: number) => {
    now += ms;
  };
  return { folder, open, pass };
}

describe("a spool", () => {
  it("gives rows back in their order, as they were, until they are done", async () => {
    const { open, folder, pass } = scratch();
    const spool = open();
    expect(await spool.keep(rows(230, "a"))).toBeUndefined();
    pass(1);
    expect(await spool.keep(rows(1, "b"))).toBeUndefined();
    const read: unknown[] = [];
    for (let taken = await spool.take(); taken !== undefined; taken = await spool.take()) {
      read.push(...taken.rows);
      await taken.done();
    }
    expect(read).toEqual([...rows(230, "a"), ...rows(1, "b")]);
    expect(readdirSync(folder)).toEqual([]);
    expect(spool.isEmpty()).toBe(true);
  });

  it("gives each file to one of those who take", async () => {
    const { open } = scratch();
    expect(await open().keep(rows(1_000, "a"))).toBeUndefined();
    const takers = Array.from({ length: 8 }, open);
    const counts = await Promise.all(
      takers.map(async (spool) => {
        const ids: string[] = [];
        for (let taken = await spool.take(); taken !== undefined; taken = await spool.take())
          ids.push(...taken.rows.map(({ callId }) => callId));
        return ids;
      }),
    );
    const all = counts.flat();
    expect(all).toHaveLength(1_000);
    expect(new Set(all).size).toBe(1_000);
  });

  it("gives again what was given back, and what a process that died had taken", async () => {
    const { open, pass } = scratch();
    await open().keep(rows(1, "a"));
    const first = await open().take();
    expect(await open().take()).toBeUndefined();
    await first?.giveBack();
    expect((await open().take())?.rows).toEqual(rows(1, "a"));
    pass(599_000);
    expect(await open().take()).toBeUndefined();
    pass(2_000);
    expect((await open().take())?.rows).toEqual(rows(1, "a"));
  });

  it("says so when it is full, or cannot be written, and keeps nothing then", async () => {
    const { open, folder } = scratch(20_000);
    const spool = open();
    expect(await spool.keep(rows(10, "a"))).toBeUndefined();
    expect(await spool.keep(rows(50, "b"))).toBe("the folder is full");
    expect(readdirSync(folder)).toHaveLength(1);
    const blocked = openSpool({ folder: "/dev/null/x", maxBytes: 1e9, wallMs: () => 1 });
    expect(await blocked.keep(rows(1, "a"))).toContain("ENOTDIR");
    expect(await blocked.take()).toBeUndefined();
  });

  it("leaves out lines that are no records, and files that are not its own", async () => {
    const { open, folder } = scratch();
    const spool = open();
    await spool.keep(rows(2, "a"));
    const [name = ""] = readdirSync(folder);
    writeFileSync(join(folder, "notes.txt"), "x");
    writeFileSync(join(folder, name), "{\n[]\n\0\n", { flag: "a" });
    chmodSync(join(folder, name), 0o600);
    const taken = await open().take();
    expect(taken?.rows).toEqual(rows(2, "a"));
    await taken?.done();
    expect(readdirSync(folder)).toEqual(["notes.txt"]);
  });
});
