import { create } from "@bufbuild/protobuf";
import { describe, expect, it } from "vitest";
import { ChatSchema } from "../../gen/parlance/chat/v1/chat_pb.js";
import { Role } from "../../gen/parlance/chat/v1/message_pb.js";
import type { Part } from "../../gen/parlance/chat/v1/part_pb.js";
import { loadEveryDialect } from "../../src/adapters/dialects.ts";
import type { MediaKind } from "../../src/core/media.ts";

const options = { model: "m", stream: false, quirks: {} };
const url = { case: "url", value: "https://example.test/file" } as const;

function chatWith(content: Part["content"] | undefined, n?: number) {
  const parts =
    content === undefined
      ? [{ content: { case: "text", value: { text: "hi" } } } as const]
      : [{ content }];
  return create(ChatSchema, {
    model: "m",
    messages: [{ role: Role.USER, parts }],
    ...(n === undefined ? {} : { n }),
  });
}

const contents: Readonly<Record<MediaKind, Part["content"]>> = {
  image: chatWithMedia("image"),
  audio: chatWithMedia("audio"),
  video: chatWithMedia("video"),
  document: chatWithMedia("document"),
};

function chatWithMedia(kind: MediaKind): Part["content"] {
  const part = create(ChatSchema, {
    messages: [{ parts: [{ content: { case: kind, value: { source: url } } }] }],
  }).messages[0]?.parts[0];
  if (part === undefined) throw new Error("no part");
  return part.content;
}

function bytesOf(kind: MediaKind): Part["content"] {
  const data = Buffer.from("%PDF-");
  const type = kind === "image" ? "image/png" : kind === "video" ? "video/mp4" : "application/pdf";
  const value = { source: { case: "data", value: data } as const };
  const content =
    kind === "audio"
      ? ({ case: kind, value: { ...value, format: "mp3" } } as const)
      : ({ case: kind, value: { ...value, mediaType: type } } as const);
  const part = create(ChatSchema, { messages: [{ parts: [{ content }] }] }).messages[0]?.parts[0];
  if (part === undefined) throw new Error("no part");
  return part.content;
}

const dialects = await loadEveryDialect();

describe("what a dialect declares that its vendor cannot do", () => {
  for (const dialect of dialects.values()) {
    const takes = (content: Part["content"] | undefined, n?: number): boolean =>
      dialect.codecs.chat?.encodeRequest(chatWith(content, n), options).ok === true;
    if (!takes(undefined)) continue;

    it(`${dialect.name}: one answer, exactly where several are refused`, () => {
      expect(dialect.emulation?.singleAnswer?.("m", {}) === true).toBe(!takes(undefined, 2));
    });

    for (const kind of ["image", "audio", "video", "document"] as const) {
      it(`${dialect.name}: bytes of a kind (${kind}), wherever they are taken and the address is not`, () => {
        const declared = dialect.emulation?.bytesOnly?.("chat", "m", {})?.has(kind) === true;
        if (takes(bytesOf(kind)) && !takes(contents[kind])) expect(declared).toBe(true);
        if (declared && dialect.name !== "gemini")
          expect(takes(contents[kind]) && !takes(bytesOf(kind))).toBe(false);
      });
    }
  }
});
