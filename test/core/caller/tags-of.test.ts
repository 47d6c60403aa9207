import { create } from "@bufbuild/protobuf";
import { describe, expect, it } from "vitest";
import { ChatSchema } from "../../../gen/parlance/chat/v1/chat_pb.js";
import { tagsOf } from "../../../src/core/caller/tags-of.ts";
import { chat } from "../../../src/core/operation.ts";

const typed = (tags: string[]) => ({
  operation: chat,
  stream: false,
  message: () => create(ChatSchema, { tags }),
});
const undecoded = {
  operation: chat,
  stream: false,
  message: () => {
    throw new Error("decoded");
  },
};
const origin = { dialect: "openai-chat", body: Buffer.from("{}"), json: {}, wantsUsage: false };
const noHeader = () => undefined;
const headers = (all: Record<string, string>) => (name: string) => all[name];

describe("the tags of a call", () => {
  it("are those of a typed caller's field", () => {
    expect(tagsOf({ header: noHeader, request: typed(["a", "b"]) })).toEqual(["a", "b"]);
  });

  it("are those of a body, which is not decoded for them", () => {
    const call = { header: noHeader, request: undecoded };
    expect(tagsOf({ ...call, origin: { ...origin, tags: ["a"] } })).toEqual(["a"]);
    expect(tagsOf({ ...call, origin })).toEqual([]);
  });

  it("are those of both headers, of the body and of stages, each once", () => {
    const header = headers({ "x-parlance-tags": "eu, paid", "x-litellm-tags": "paid,,free" });
    const call = { header, request: undecoded, origin: { ...origin, tags: ["eu"] } };
    expect([...tagsOf({ ...call, addedTags: ["late"] })].sort()).toEqual([
      "eu",
      "free",
      "late",
      "paid",
    ]);
  });

  it("are refused where a header holds too many or one that is too long", () => {
    const many = headers({ "x-parlance-tags": "t,".repeat(65) });
    expect(() => tagsOf({ header: many, request: undecoded, origin })).toThrow(
      "x-parlance-tags: must have at most 64 tags",
    );
    const long = headers({ "x-litellm-tags": "x".repeat(257) });
    expect(() => tagsOf({ header: long, request: undecoded, origin })).toThrow(
      "x-litellm-tags: a tag must have at most 256 bytes",
    );
  });
});
