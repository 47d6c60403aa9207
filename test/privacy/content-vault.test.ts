import { describe, expect, it } from "vitest";
import { createSecretValue } from "../../src/config/secret-value.ts";
import type { SealedContent, WrappedDataKey } from "../../src/core/ledger/sealed-content.ts";
import { ContentVault } from "../../src/privacy/content-vault.ts";
import { createLocalMasterKey } from "../../src/privacy/local-master-key.ts";
import { type MasterKey, WrongKeyError } from "../../src/privacy/master-key.ts";

const local = (digits: string) =>
  createLocalMasterKey({ kind: "local", key: createSecretValue(digits.repeat(32)) });

/** A master key at a service that can be away, and counts what is asked of it. */
class Service implements MasterKey {
  readonly #key = local("0a");
  readonly id = this.#key.id;
  wraps = 0;
  unwraps = 0;
  isAway = false;

  wrap(dataKey: Uint8Array, context: string): Promise<Uint8Array> {
    this.wraps += 1;
    return this.isAway ? Promise.reject(new Error("away")) : this.#key.wrap(dataKey, context);
  }

  unwrap(wrapped: Uint8Array, context: string): Promise<Uint8Array> {
    this.unwraps += 1;
    return this.isAway ? Promise.reject(new Error("away")) : this.#key.unwrap(wrapped, context);
  }
}

function vaults() {
  const service = new Service();
  const world = { nowMs: 1_000_000 };
  const kept = new Map<string, WrappedDataKey>();
  const make = (current: MasterKey = service, ...previous: readonly MasterKey[]) =>
    new ContentVault({
      masters: { current, previous },
      wallMs: () => world.nowMs,
      async keepKey(key) {
        if (!kept.has(key.id)) kept.set(key.id, key);
        return kept.get(key.id) ?? key;
      },
    });
  return { service, world, kept, make };
}

const call = (more: object = {}) => ({
  ...{ callId: "c1", endedMs: 1, organization: "", team: "acme", key: "dev" },
  ...{ user: "", endUser: "eve" },
  ...more,
});
const text = Buffer.from("what eve said");

describe("a vault", () => {
  it("opens what another gateway of the store has sealed", async () => {
    const { make } = vaults();
    const sealed = await make().seal(call(), text);
    expect(Buffer.from(sealed.sealed, "base64").includes("eve")).toBe(false);
    expect(await make().open(sealed)).toEqual(text);
  });

  const changes: readonly (readonly [what: string, change: Partial<SealedContent>])[] = [
    ["put in the place of another call's", { callId: "c2" }],
    ["put into another team", { team: "other" }],
    ["changed", { sealed: `${Buffer.alloc(60, 1).toString("base64")}` }],
    ["cut", { sealed: "AQ==" }],
  ];
  for (const [what, change] of changes)
    it(`opens nothing that was ${what}`, async () => {
      const vault = vaults().make();
      const sealed = await vault.seal(call(), text);
      await expect(vault.open({ ...sealed, ...change })).rejects.toThrow(WrongKeyError);
    });

  const keys: readonly (readonly [what: string, change: Partial<WrappedDataKey>])[] = [
    ["another person", { endUserHash: "00" }],
    ["another team", { team: "other" }],
    ["another id", { id: "another" }],
  ];
  for (const [what, change] of keys)
    it(`unwraps no data key for ${what}`, async () => {
      const { make } = vaults();
      const { dataKey, ...sealed } = await make().seal(call(), text);
      const moved = { ...sealed, dataKey: { ...dataKey, ...change } };
      await expect(make().open(moved)).rejects.toThrow(WrongKeyError);
    });

  it("has a data key for each person and team, and hashes persons by a key of the store", async () => {
    const { make } = vaults();
    const vault = make();
    const people = [{}, { endUser: "bob" }, { user: "u1" }, { team: "other" }, {}];
    const sealed = await Promise.all(people.map((more) => vault.seal(call(more), text)));
    const ids = sealed.map(({ dataKey }) => dataKey.id);
    expect(new Set(ids).size).toBe(4);
    expect(ids[4]).toBe(ids[0]);
    expect(await make().hashOf("end user", "eve")).toBe(sealed[0]?.dataKey.endUserHash);
    expect(await vault.hashOf("user", "eve")).not.toBe(sealed[0]?.dataKey.endUserHash);
    expect(await vaults().make().hashOf("end user", "eve")).not.toBe(
      sealed[0]?.dataKey.endUserHash,
    );
    expect(await vault.hashOf("user", "")).toBe("");
  });

  it("asks a key service once for a person in ten minutes, and seals while it is away", async () => {
    const { service, world, make } = vaults();
    const vault = make();
    await Promise.all([vault.seal(call(), text), vault.seal(call({ callId: "c2" }), text)]);
    expect([service.wraps, service.unwraps]).toEqual([2, 1]);
    service.isAway = true;
    await vault.seal(call({ callId: "c3" }), text);
    world.nowMs += 600_000;
    await expect(vault.seal(call({ callId: "c4" }), text)).rejects.toThrow("away");
    await expect(vault.seal(call({ callId: "c5" }), text)).rejects.toThrow("just now");
    expect(service.wraps).toBe(3);
    service.isAway = false;
    world.nowMs += 5_000;
    expect(await vault.open(await vault.seal(call({ callId: "c6" }), text))).toEqual(text);
  });

  it("goes on with another master key, and reads what the one before has wrapped", async () => {
    const { service, make, kept } = vaults();
    const vault = make();
    const before = await vault.seal(call(), text);
    vault.configure({ current: local("0b"), previous: [service] });
    const after = await vault.seal(call(), text);
    expect(after.dataKey.masterKey).toBe(local("0b").id);
    expect(after.dataKey.endUserHash).toBe(before.dataKey.endUserHash);
    expect(await vault.open(before)).toEqual(text);
    const alone = make(local("0b"));
    await expect(alone.open(before)).rejects.toThrow("add it to privacy.previous_master_keys");
    // Nobody is hashed by another key than before: the same person would seem to be two.
    await expect(alone.seal(call(), text)).rejects.toThrow(WrongKeyError);
    const rewrapped = { ...before.dataKey, ...(await vault.rewrap(before.dataKey)) };
    const people = [...kept.values()];
    for (const key of people) kept.set(key.id, { ...key, ...(await vault.rewrap(key)) });
    const rotated = make(local("0b"));
    expect(await rotated.open({ ...before, dataKey: rewrapped })).toEqual(text);
    expect((await rotated.seal(call(), text)).dataKey.endUserHash).toBe(before.dataKey.endUserHash);
  });
});
