import { create } from "@bufbuild/protobuf";
import { describe, expect, it } from "vitest";
import { ChatSchema } from "../../../../gen/parlance/chat/v1/chat_pb.js";
import { send, setUp, statusOf } from "../routed-gateway.ts";
import { explained } from "./explained.ts";

const tagged =
  "  - { name: m, strategy: PRIORITY, targets: [{ model: a/x, tags: [free] }, { model: b/x, tags: [paid, eu] }, { model: c/x, tags: [default] }] }";
const withoutDefault =
  "  - { name: m, strategy: PRIORITY, targets: [{ model: a/x }, { model: b/x, tags: [paid] }, { model: c/x, tags: [free] }] }";

const rows: readonly (readonly [
  title: string,
  models: string,
  tags: readonly string[],
  vendor: string,
  more?: string,
])[] = [
  ["go to a target with one of them", tagged, ["paid"], "b"],
  ["go to a target with any of several", tagged, ["other", "eu"], "b"],
  ["go to the default where no target has one of them", tagged, ["other"], "c"],
  ["go to the default where there are none", tagged, [], "c"],
  ["go to any where there are none and no target is the default", withoutDefault, [], "a"],
  [
    "go to a target with all of them where that is set",
    tagged,
    ["eu", "paid"],
    "b",
    "routing: { tag_match: ALL }",
  ],
  [
    "pass over a target with some of them where all are needed",
    tagged,
    ["eu", "free"],
    "c",
    "routing: { tag_match: ALL }",
  ],
  [
    "mean nothing for a model without tags",
    "  - { name: m, targets: [{ model: a/x }] }",
    ["paid"],
    "a",
  ],
];

describe("calls with tags", () => {
  for (const [title, models, tags, vendor, more = ""] of rows)
    it(title, async () => {
      const setup = await setUp(models, {}, { more });
      expect(await statusOf(send(setup, { body: { tags } }))).toBe(200);
      expect(setup.tried()).toBe(vendor);
    });

  it("may say them by header, in metadata as LiteLLM's clients do, or typed", async () => {
    const setup = await setUp(tagged, {});
    for (const one of [
      { headers: { "x-parlance-tags": "paid" } },
      { headers: { "x-litellm-tags": "other, paid" } },
      { body: { metadata: { tags: ["paid"] } } },
    ])
      expect(await statusOf(send(setup, one))).toBe(200);
    expect(setup.tried()).toBe("bbb");
    const { tried } = await explained(setup, {
      chat: chatOf(["paid"]),
    });
    expect(tried).toEqual(["b/x"]);
  });

  it("fail with the tags where no target fits, and go to a fallback first", async () => {
    const alone = await setUp(withoutDefault, {});
    const refused = await send(alone, { body: { tags: ["gold"] } });
    expect(refused.status).toBe(400);
    expect(await refused.json()).toMatchObject({
      error: {
        param: "tags",
        message: expect.stringContaining("a/x is not for the tags gold: its tags are none"),
      },
    });
    const models = `${withoutDefault.replace("name: m,", "name: m, fallbacks: [n],")}
  - { name: n, targets: [{ model: a/y }] }`;
    const setup = await setUp(models, {});
    expect(await statusOf(send(setup, { body: { tags: ["gold"] } }))).toBe(200);
    expect(setup.vendors.a?.models).toEqual(["y"]);
  });

  it("do not leave the tags when targets fail", async () => {
    const models =
      "  - { name: m, retry: { attempts: 5 }, targets: [{ model: a/x, tags: [t] }, { model: b/x, tags: [u] }] }";
    const setup = await setUp(models, { a: [401] });
    expect(await statusOf(send(setup, { body: { tags: ["t"] } }))).toBe(502);
    expect(setup.tried()).toBe("a");
  });

  it("are explained with the reason why a target is passed over", async () => {
    const setup = await setUp(tagged, {});
    expect(await explained(setup, { model: "m", text: "hi" }, { "x-parlance-tags": "eu" })).toEqual(
      {
        tried: ["b/x"],
        excluded: [
          "a/x: model m: is not for the tags eu: its tags are free",
          "c/x: model m: is not for the tags eu: its tags are default",
        ],
      },
    );
  });
});

function chatOf(tags: string[]) {
  return create(ChatSchema, {
    model: "m",
    tags,
    messages: [{ role: 2, parts: [{ content: { case: "text", value: { text: "hi" } } }] }],
  });
}
