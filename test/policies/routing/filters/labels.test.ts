import { describe, expect, it } from "vitest";
import { send, setUp, statusOf } from "../routed-gateway.ts";
import { explained } from "./explained.ts";

const keys = `keys:
  - { name: eu, value: { value: sk-eu }, labels: { region: eu } }
  - { name: any, value: { value: sk-any } }`;
const eu = { authorization: "Bearer sk-eu" };
const any = { authorization: "Bearer sk-any" };

const models = `  - name: m
    strategy: PRIORITY
    retry: { attempts: 4 }
    hedge: { after: 10ms, max_percent: 100 }
    targets: [{ model: a/x }, { model: b/x, labels: { region: eu } }, { model: c/x, labels: { region: us } }]
    fallbacks: [n, c/direct]
  - { name: n, targets: [{ model: a/y }, { model: b/y, labels: { region: eu, tier: gold } }] }`;

describe("labels that a key requires", () => {
  it("keep its calls at targets that have them, whatever fails", async () => {
    const setup = await setUp(models, { b: [401, 401] }, { more: keys });
    expect(await statusOf(send(setup, { headers: eu }))).toBe(502);
    expect(setup.tried()).toBe("bb");
    expect(setup.vendors.b?.models).toEqual(["x", "y"]);
    expect(setup.vendors.a?.models).toEqual([]);
    expect(setup.vendors.c?.models).toEqual([]);
  });

  it("bind tries that race a slow one", async () => {
    const setup = await setUp(models, { b: ["held"] }, { more: keys });
    const reply = statusOf(send(setup, { headers: eu }));
    await expect.poll(() => setup.vendors.b?.models.length).toBe(1);
    await setup.clock.advance(10);
    setup.vendors.b?.release();
    expect(await reply).toBe(200);
    expect(setup.tried()).toBe("b");
  });

  it("refuse provider/model names, which have none", async () => {
    const setup = await setUp(models, {}, { more: keys });
    const refused = await send(setup, { model: "b/x", headers: eu });
    expect(refused.status).toBe(400);
    expect(await refused.json()).toMatchObject({
      error: { message: expect.stringContaining("b/x lacks the label region=eu") },
    });
    expect(await statusOf(send(setup, { model: "b/x", headers: any }))).toBe(200);
  });

  it("are joined with those of the header, which cannot undo them", async () => {
    const setup = await setUp(models, {}, { more: keys });
    const us = { ...eu, "x-parlance-labels": "region=us" };
    expect(await statusOf(send(setup, { headers: us }))).toBe(400);
    const gold = { ...eu, "x-parlance-labels": "tier=gold" };
    expect(await statusOf(send(setup, { headers: gold }))).toBe(200);
    expect(setup.vendors.b?.models).toEqual(["y"]);
  });

  it("are explained", async () => {
    const setup = await setUp(models, {}, { more: keys });
    const { tried, excluded } = await explained(setup, { model: "m", text: "hi" }, eu);
    expect(tried).toEqual(["b/x", "b/y"]);
    expect(excluded).toEqual([
      "a/x: model m: lacks the label region=eu",
      "c/x: model m: lacks the label region=eu",
      "a/y: fallback n of m: lacks the label region=eu",
      "c/direct: fallback c/direct of m: lacks the label region=eu",
    ]);
  });
});

describe("labels that a caller requires", () => {
  it("hold for a call of any key", async () => {
    const setup = await setUp(models, {}, { more: keys });
    const headers = { ...any, "x-parlance-labels": "region = us" };
    expect(await statusOf(send(setup, { headers }))).toBe(200);
    expect(setup.tried()).toBe("c");
  });

  for (const [title, text] of [
    ["no value", "region"],
    ["an empty one", "region=eu,,"],
    ["too many", "a=b,".repeat(65)],
  ])
    it(`are refused with ${title}`, async () => {
      const setup = await setUp(models, {}, { more: keys });
      const headers = { ...any, "x-parlance-labels": text ?? "" };
      const refused = await send(setup, { headers });
      expect(refused.status).toBe(400);
      expect(await refused.json()).toMatchObject({ error: { param: "x-parlance-labels" } });
    });
});
