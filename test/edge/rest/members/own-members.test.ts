import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { takeOwnMembers } from "../../../../src/edge/rest/members/own-members.ts";
import { isObject, parseJson } from "../../../../src/json/json.ts";
import { send, setUp } from "../../../policies/routing/routed-gateway.ts";

function take(text: string) {
  const parsed = parseJson(text);
  if (!parsed.ok || !isObject(parsed.value)) throw new Error("no object");
  const own = takeOwnMembers(parsed.value, Buffer.from(text));
  return own && { ...own, body: Buffer.from(own.body).toString() };
}

describe("the members of a body that are for the gateway", () => {
  const rows: readonly (readonly [text: string, body: string, tags: readonly string[]])[] = [
    [`{"tags":["a","b"],"model":"m"}`, `{"model":"m"}`, ["a", "b"]],
    [`{"model":"m", "metadata":{"tags":["a"]} }`, `{"model":"m" }`, ["a"]],
    [`{"metadata":{"k":"v","tags":["a"]},"n":1e0}`, `{"metadata":{"k":"v"},"n":1e0}`, ["a"]],
    [`{"metadata":{"tags":["a"]},"tags":["b","a"]}`, `{}`, ["b", "a"]],
    [`{"model":"m","tags":[]}`, `{"model":"m"}`, []],
  ];
  for (const [text, body, tags] of rows)
    it(`are taken out of ${text}`, () => {
      expect(take(text)).toEqual({ body, tags, json: JSON.parse(body) });
    });

  it("name a session", () => {
    expect(take(`{"litellm_session_id":"s", "model":"m"}`)).toEqual({
      body: `{"model":"m"}`,
      json: { model: "m" },
      tags: [],
      session: "s",
    });
  });

  for (const text of [
    `{"model":"m"}`,
    `{"litellm_session_id":1}`,
    `{"tags":"a"}`,
    `{"tags":null}`,
    `{"metadata":{"tags":"a"}}`,
    `{"metadata":["tags"]}`,
  ])
    it(`are none of ${text}`, () => expect(take(text)).toBeUndefined());

  it("are refused with each tag that is wrong", () => {
    const long = "x".repeat(257);
    expect(() => take(JSON.stringify({ tags: ["a", 1, ""], metadata: { tags: [long] } }))).toThrow(
      "tags[1]: must be a text; tags[2]: must be a text",
    );
    expect(() => take(JSON.stringify({ metadata: { tags: [long] } }))).toThrow(
      "metadata.tags[0]: must have at most 256 bytes",
    );
    const many = Array.from({ length: 65 }, () => "t");
    expect(() => take(JSON.stringify({ tags: many }))).toThrow("tags: must have at most 64 tags");
  });

  it("leave bytes that hold the same as the object that is read", () => {
    // As JSON has it, which knows no -0.
    const sent = fc.json().map((text) => JSON.parse(text));
    const value = fc.dictionary(fc.constantFrom("tags", "metadata", "a", "b"), sent);
    const tags = fc.uniqueArray(fc.string({ minLength: 1, maxLength: 9 }), { maxLength: 5 });
    fc.assert(
      fc.property(value, tags, (json, own) => {
        const { tags: _, metadata: __, ...rest } = json;
        const taken = take(JSON.stringify({ ...rest, tags: own, metadata: { a: "b", tags: own } }));
        expect(taken?.tags).toEqual(own);
        expect(JSON.parse(taken?.body ?? "")).toEqual({ ...rest, metadata: { a: "b" } });
        expect(taken?.json).toEqual({ ...rest, metadata: { a: "b" } });
      }),
    );
  });

  it("reach no vendor, and what else the body holds passes byte for byte", async () => {
    const setup = await setUp("  - { name: m, targets: [{ model: a/x }] }", {});
    const reply = await send(setup, { body: { tags: ["a"], metadata: { k: "v", tags: ["b"] } } });
    expect(reply.status).toBe(200);
    expect(JSON.parse(setup.vendors.a?.bodies[0] ?? "")).toEqual({
      model: "x",
      stream: false,
      messages: [{ role: "user", content: "hi" }],
      metadata: { k: "v" },
    });
    const refused = await send(setup, { body: { tags: [7] } });
    expect(refused.status).toBe(400);
    expect(await refused.json()).toMatchObject({ error: { param: "tags[0]" } });
  });
});
