import { describe, expect, it } from "vitest";
import { type Setup, send, setUp, statusOf } from "./routed-gateway.ts";

const retry = "retry: { attempts: 3, max_delay: 0.001s }";

function model(...targets: readonly string[]): string {
  const list = targets.map((target) => `{ model: ${target}, max_in_flight: 1 }`);
  return `  - { name: m, strategy: PRIORITY, ${retry}, targets: [${list.join(", ")}] }`;
}

/** Fills targets in turn, each by a call that its vendor holds. Gives the calls. */
async function fill({ vendors, ...setup }: Setup, count: number): Promise<Promise<number>[]> {
  const calls: Promise<number>[] = [];
  for (let index = 1; index <= count; index += 1) {
    calls.push(statusOf(send({ vendors, ...setup })));
    await expect.poll(() => vendors.a?.models.length).toBe(index);
  }
  return calls;
}

describe("a target that is full", () => {
  it("uses up none of the tries, however many are full before one that is not", async () => {
    const targets = ["a/1", "a/2", "a/3", "a/4", "b/5"];
    const setup = await setUp(model(...targets), { a: ["held", "held", "held", "held"] });
    const held = await fill(setup, 4);
    expect(await statusOf(send(setup))).toBe(200);
    expect(setup.vendors.b?.models).toEqual(["5"]);
    setup.vendors.a?.release();
    expect(await Promise.all(held)).toEqual([200, 200, 200, 200]);
  });

  it("leaves as many tries as there are for targets that fail", async () => {
    const targets = ["a/1", "a/2", "b/3", "b/4", "b/5", "c/6"];
    const setup = await setUp(model(...targets), { a: ["held", "held"], b: [500, 500, 500] });
    const held = await fill(setup, 2);
    expect(await statusOf(send(setup))).toBe(503);
    expect(setup.tried()).toBe("aabbb");
    setup.vendors.a?.release();
    expect(await Promise.all(held)).toEqual([200, 200]);
  });

  it("is tried again as often as a target that fails where all are full", async () => {
    const setup = await setUp(model("a/1", "a/2"), { a: ["held", "held"] });
    const held = await fill(setup, 2);
    const last = send(setup);
    const ended = statusOf(last);
    await expect
      .poll(() => {
        setup.clock.advance(2000);
        return Promise.race([ended, 0]);
      })
      .toBe(503);
    expect(setup.tried()).toBe("aaaaaa");
    setup.vendors.a?.release();
    expect(await Promise.all(held)).toEqual([200, 200]);
  });
});
