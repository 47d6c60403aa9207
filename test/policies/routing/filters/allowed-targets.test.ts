import { describe, expect, it } from "vitest";
import { send, setUp, statusOf } from "../routed-gateway.ts";
import { explained } from "./explained.ts";

const models = `  - { name: m, strategy: PRIORITY, targets: [{ model: a/x }, { model: b/x }], fallbacks: [n] }
  - { name: n, targets: [{ model: c/y }] }`;
const more = `keys:
  - { name: one, value: { value: sk-1 }, targets: ["b/*"] }
  - { name: other, value: { value: sk-2 }, targets: [c/y] }
  - { name: none, value: { value: sk-3 }, targets: [c/z] }`;
const of = (key: number) => ({ authorization: `Bearer sk-${key}` });

describe("the targets that a key lists", () => {
  it("are the only ones that its calls go to, also by fallback", async () => {
    const setup = await setUp(models, {}, { more });
    expect(await statusOf(send(setup, { headers: of(1) }))).toBe(200);
    expect(await statusOf(send(setup, { headers: of(2) }))).toBe(200);
    expect(setup.tried()).toBe("bc");
  });

  it("bind provider/model names", async () => {
    const setup = await setUp(models, {}, { more });
    expect(await statusOf(send(setup, { model: "b/any", headers: of(1) }))).toBe(200);
    expect(await statusOf(send(setup, { model: "a/any", headers: of(1) }))).toBe(403);
  });

  it("refuse a call with what keeps it from all", async () => {
    const setup = await setUp(models, {}, { more });
    const refused = await send(setup, { headers: of(3) });
    expect(refused.status).toBe(403);
    expect(await refused.json()).toMatchObject({
      error: {
        message:
          "no target of model m may take this call: a/x is not among the targets of key none; b/x is not among the targets of key none",
      },
    });
  });

  it("are explained, and decide which models are listed", async () => {
    const setup = await setUp(models, {}, { more });
    expect(await explained(setup, { model: "m", text: "hi" }, of(1))).toEqual({
      tried: ["b/x"],
      excluded: [
        "a/x: model m: is not among the targets of key one",
        "c/y: fallback n of m: is not among the targets of key one",
      ],
    });
    const other = await fetch(`${setup.gateway.url}/v1/models`, { headers: of(2) });
    expect(await other.json()).toMatchObject({ data: [{ id: "n" }] });
    const listed = await fetch(`${setup.gateway.url}/v1/models`, { headers: of(1) });
    expect(await listed.json()).toMatchObject({ data: [{ id: "m" }] });
  });
});
