import { describe, expect, it } from "vitest";
import {
  createExpiringValue,
  type Loaded,
} from "../../../src/upstream/credentials/expiring-value.ts";

/** A value that counts its loads and lets the test settle each of them. */
function start() {
  const loads: { resolve: (loaded: Loaded<number>) => void; reject: (error: Error) => void }[] = [];
  const clock = { now: 0 };
  const value = createExpiringValue<number>(
    () => new Promise((resolve, reject) => loads.push({ resolve, reject })),
    {
      now: () => clock.now,
      refreshAheadMs: 100,
    },
  );
  const settle = async (at: number, expiresAtMs: number | undefined) => {
    loads[at]?.resolve({ value: at, expiresAtMs });
    await Promise.resolve();
    await Promise.resolve();
  };
  return { loads, clock, value, settle };
}

describe("an expiring value", () => {
  it("is loaded once for all who wait for it", async () => {
    const { loads, value, settle } = start();
    const waiting = [value.get(), value.get()];
    await settle(0, undefined);
    expect(await Promise.all(waiting)).toEqual([0, 0]);
    expect(await value.get()).toBe(0);
    expect(loads.length).toBe(1);
  });

  it("is loaded anew ahead of its end while the old one is still given", async () => {
    const { loads, clock, value, settle } = start();
    const first = value.get();
    await settle(0, 1000);
    await first;
    clock.now = 899;
    expect(await value.get()).toBe(0);
    expect(loads.length).toBe(1);
    clock.now = 900;
    expect(await value.get()).toBe(0);
    expect(await value.get()).toBe(0);
    expect(loads.length).toBe(2);
    await settle(1, 2000);
    expect(await value.get()).toBe(1);
  });

  it("is waited for once it has ended", async () => {
    const { clock, value, settle } = start();
    const first = value.get();
    await settle(0, 1000);
    await first;
    clock.now = 1000;
    const second = value.get();
    await settle(1, 2000);
    expect(await second).toBe(1);
  });

  it("still holds when a refresh ahead of its end fails, and is tried again", async () => {
    const { loads, clock, value, settle } = start();
    const first = value.get();
    await settle(0, 1000);
    await first;
    clock.now = 950;
    expect(await value.get()).toBe(0);
    loads[1]?.reject(new Error("away"));
    await Promise.resolve();
    await Promise.resolve();
    expect(await value.get()).toBe(0);
    expect(loads.length).toBe(3);
  });

  it("tells a failure to those who waited, and does not remember it", async () => {
    const { loads, value, settle } = start();
    const first = value.get();
    loads[0]?.reject(new Error("away"));
    await expect(first).rejects.toThrow("away");
    const second = value.get();
    await settle(1, undefined);
    expect(await second).toBe(1);
  });

  it("that was refused is loaded once more for all who were refused", async () => {
    const { loads, value, settle } = start();
    const first = value.get();
    await settle(0, undefined);
    const refused = await first;
    value.forget(refused);
    const second = value.get();
    value.forget(refused);
    const third = value.get();
    await settle(1, undefined);
    value.forget(refused);
    expect([await second, await third, await value.get()]).toEqual([1, 1, 1]);
    expect(loads.length).toBe(2);
  });

  it("with a short life is loaded anew in its last quarter", async () => {
    const { loads, clock, value, settle } = start();
    const first = value.get();
    await settle(0, 40);
    await first;
    clock.now = 29;
    await value.get();
    expect(loads.length).toBe(1);
    clock.now = 30;
    expect(await value.get()).toBe(0);
    expect(loads.length).toBe(2);
  });
});
