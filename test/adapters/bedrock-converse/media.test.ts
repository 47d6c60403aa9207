import { describe, expect, it } from "vitest";
import { createDocumentNames } from "../../../src/adapters/bedrock-converse/vendor/media.ts";
import { CLAUDE, chatOf, type PartInit, send, user } from "./encode-chat.ts";

const bytes = Buffer.from([0x89, 0x50, 0x4e, 0x47]);
const base64 = bytes.toString("base64");

describe("media", () => {
  const cases: readonly (readonly [
    title: string,
    part: PartInit,
    expected: object,
    report: readonly string[],
  ])[] = [
    [
      "pictures go as bytes",
      {
        content: {
          case: "image",
          value: { source: { case: "data", value: bytes }, mediaType: "image/jpeg" },
        },
      },
      { image: { format: "jpeg", source: { bytes: base64 } } },
      ["messages[0].parts[0].image.media_type MAPPED"],
    ],
    [
      "pictures without a type are known by their bytes",
      { content: { case: "image", value: { source: { case: "data", value: bytes } } } },
      { image: { format: "png", source: { bytes: base64 } } },
      [],
    ],
    [
      "pictures of data URLs go as bytes",
      {
        content: {
          case: "image",
          value: { source: { case: "url", value: `data:image/webp;base64,${base64}` } },
        },
      },
      { image: { format: "webp", source: { bytes: base64 } } },
      [],
    ],
    [
      "pictures in a bucket are fetched by the vendor",
      {
        content: {
          case: "image",
          value: {
            source: { case: "url", value: "s3://bucket/a/kiwi.jpg" },
            mediaType: "image/jpeg",
          },
        },
      },
      { image: { format: "jpeg", source: { s3Location: { uri: "s3://bucket/a/kiwi.jpg" } } } },
      ["messages[0].parts[0].image.media_type MAPPED"],
    ],
    [
      "documents keep their title as far as the vendor takes it",
      {
        content: {
          case: "document",
          value: {
            source: { case: "data", value: bytes },
            mediaType: "application/pdf",
            title: "Q3_report (final).pdf",
            context: "c",
            citationsEnabled: true,
          },
        },
      },
      {
        document: {
          format: "pdf",
          name: "Q3 report (final)",
          source: { bytes: base64 },
          context: "c",
          citations: { enabled: true },
        },
      },
      [
        "messages[0].parts[0].document.title MAPPED",
        "messages[0].parts[0].document.media_type MAPPED",
      ],
    ],
    [
      "documents are known by the ending of their title",
      {
        content: {
          case: "document",
          value: { source: { case: "url", value: "s3://bucket/table.xlsx" } },
        },
      },
      {
        document: {
          format: "xlsx",
          name: "Document",
          source: { s3Location: { uri: "s3://bucket/table.xlsx" } },
        },
      },
      [],
    ],
    [
      "documents of text and of pieces go as such",
      {
        content: {
          case: "document",
          value: {
            source: {
              case: "content",
              value: { parts: [{ content: { case: "text", value: { text: "x" } } }] },
            },
            title: "n",
          },
        },
      },
      { document: { format: "txt", name: "n", source: { content: [{ text: "x" }] } } },
      [],
    ],
    [
      "pieces of documents are plain text",
      {
        content: {
          case: "document",
          value: {
            source: {
              case: "content",
              value: {
                parts: [
                  {
                    content: { case: "text", value: { text: "x", citations: [{ title: "t" }] } },
                    cache: {},
                  },
                  { content: { case: "refusal", value: { text: "no" } } },
                ],
              },
            },
          },
        },
      },
      { document: { format: "txt", name: "Document", source: { content: [{ text: "x" }] } } },
      [
        "messages[0].parts[0].document.content.parts[0].cache DROPPED",
        "messages[0].parts[0].document.content.parts[0].text.citations DROPPED",
        "messages[0].parts[0].document.content.parts[1] DROPPED",
      ],
    ],
    [
      "sound in other words for its format goes in the vendor's",
      {
        content: {
          case: "audio",
          value: { source: { case: "data", value: bytes }, format: "pcm16" },
        },
      },
      { audio: { format: "pcm", source: { bytes: base64 } } },
      ["messages[0].parts[0].audio.format MAPPED"],
    ],
    [
      "videos go as bytes",
      {
        content: {
          case: "video",
          value: { source: { case: "data", value: bytes }, mediaType: "video/quicktime" },
        },
      },
      { video: { format: "mov", source: { bytes: base64 } } },
      ["messages[0].parts[0].video.media_type MAPPED"],
    ],
    [
      "sound goes as bytes",
      {
        content: {
          case: "audio",
          value: { source: { case: "data", value: bytes }, format: "mp3" },
        },
      },
      { audio: { format: "mp3", source: { bytes: base64 } } },
      [],
    ],
    [
      "sound that the vendor does not have goes by its words",
      {
        content: {
          case: "audio",
          value: { source: { case: "id", value: "audio_1" }, transcript: "hello" },
        },
      },
      { text: "hello" },
      ["messages[0].parts[0].audio MAPPED"],
    ],
  ];
  for (const [title, part, expected, report] of cases) {
    it(title, () => {
      const sent = send(chatOf({ messages: [user(part, "look")] }), CLAUDE);
      expect(sent.body).toEqual({
        messages: [{ role: "user", content: [expected, { text: "look" }] }],
      });
      expect([...sent.report].sort()).toEqual([...report].sort());
    });
  }
});

describe("names of documents", () => {
  const cases: readonly (readonly [titles: readonly string[], names: readonly string[]])[] = [
    [
      ["a", "a", "A", "b"],
      ["a", "a 2", "A 3", "b"],
    ],
    [
      ["", "", "日本"],
      ["Document", "Document 2", "Document 3"],
    ],
    [
      ["a__b  c\td", "x/y:z", "[1] (2)-3"],
      ["a b c d", "x y z", "[1] (2)-3"],
    ],
    [["x".repeat(300)], ["x".repeat(192)]],
  ];
  for (const [titles, expected] of cases) {
    it(`are ${expected.map((name) => name.slice(0, 12)).join(", ")}`, () => {
      const name = createDocumentNames();
      expect(titles.map((title) => name(title))).toEqual(expected);
    });
  }
});
