import { create, type MessageInitShape } from "@bufbuild/protobuf";
import { describe, expect, it } from "vitest";
import { FieldOutcome } from "../../../gen/parlance/call/v1/call_report_pb.js";
import { ChatSchema } from "../../../gen/parlance/chat/v1/chat_pb.js";
import { Role } from "../../../gen/parlance/chat/v1/message_pb.js";
import { EmbedSpecSchema } from "../../../gen/parlance/embed/v1/embedding_pb.js";
import { ErrorReason } from "../../../gen/parlance/error/v1/error_reason_pb.js";
import { contractFields, pathSteps } from "../../../src/core/fidelity/contract-fields.ts";
import {
  clamped,
  createReport,
  mapped,
  reportDeclined,
} from "../../../src/core/fidelity/encode-report.ts";
import { declareFidelity, each, fateOf } from "../../../src/core/fidelity/fidelity.ts";

const image = {
  content: {
    case: "image",
    value: { source: { case: "url", value: "https://a.example" }, detail: 1 },
  },
} as const;
const text = { content: { case: "text", value: { text: "" } } } as const;

describe("the row of a path", () => {
  it("is found whatever a caller calls its members", () => {
    const table = { extras_json: { dropped: "" }, "sampling.stop": { mapped: "" } };
    for (const name of [
      "x",
      "#".repeat(100_000),
      `a"${".tool_result.content[].".repeat(50_000)}`,
      "[".repeat(100_000),
    ]) {
      expect(fateOf(table, `extras_json["${name}\n"].${name}`)).toBe(table.extras_json);
      expect(fateOf(table, `sampling.stop[3]#${name}\n`)).toBe(table["sampling.stop"]);
    }
  });
});

describe("the fields of the contract", () => {
  it("are its leaves, lists of messages marked, and messages inside of themselves one field", () => {
    const fields = contractFields(ChatSchema);
    expect(fields).toEqual(
      expect.arrayContaining([
        "sampling.top_k",
        "sampling.stop",
        "messages[].parts[].image.url",
        "messages[].parts[].tool_result.content[]",
        "extras_json",
        "reasoning.effort",
      ]),
    );
    expect(fields.filter((path) => pathSteps(ChatSchema, path) === undefined)).toEqual([]);
    expect(new Set(fields).size).toBe(fields.length);
  });

  it("are those of the schema", () => {
    expect(contractFields(EmbedSpecSchema)).toContain("inputs[].tokens.ids");
    expect(pathSteps(ChatSchema, "sampling.warmth")).toBeUndefined();
    expect(pathSteps(ChatSchema, "metadata.key")).toBeUndefined();
  });
});

describe("the fate of a path", () => {
  const table = {
    messages: { mapped: "a" },
    "messages[].parts[].image": { forwarded: "b" },
    "messages[].parts[].tool_result.content[].image": { dropped: "c" },
    "sampling.stop": { clamped: "d" },
    ...each({ dropped: "e" }, "extras_json", "user"),
  };
  const cases: readonly (readonly [path: string, note: string | undefined])[] = [
    ["messages", "a"],
    ["messages[3].role", "a"],
    ["messages[3].parts[12].image.detail", "b"],
    ["messages[3].parts[12].tool_result.content[0].image.detail", "c"],
    ["messages[3].parts[12].document.content.parts[0].image", "b"],
    ["sampling.stop[1]", "d"],
    ['extras_json["openai-chat"].top_a[0].b', "e"],
    ['extras_json["a\\"]b"].c', "e"],
    ["user", "e"],
    ["userland", undefined],
    ["sampling", undefined],
  ];
  for (const [path, note] of cases) {
    it(`of ${path} is ${note ?? "not declared"}`, () => {
      const fate = fateOf(table, path);
      expect(fate === undefined ? undefined : Object.values(fate)[0]).toBe(note);
    });
  }
});

describe("a table", () => {
  const fidelity = declareFidelity("mine", ChatSchema, {
    "messages[].name": { dropped: "no names" },
    "messages[].parts[].image.detail": { dropped: "no detail" },
    "messages[].parts[].video": { refused: "no video" },
    "messages[].parts[].tool_result.content[].video": { emulated: "as pictures" },
    "sampling.seed": { dropped: "no seed" },
    "sampling.temperature": { clamped: "1 is the most", forwarded: "" },
    store: { dropped: "no store" },
    n: { refused: "one only", forwarded: "" },
    extras_json: { forwarded: "", dropped: "of another dialect" },
    user: { mapped: "as end_user" },
  });
  const cases: readonly (readonly [
    title: string,
    MessageInitShape<typeof ChatSchema>,
    string[],
  ])[] = [
    [
      "nothing that is not set",
      { messages: [{ role: Role.USER, parts: [text] }], sampling: {} },
      [],
    ],
    [
      "what is always dropped, with its path",
      {
        messages: [{ role: Role.USER }, { role: Role.USER, name: "bo", parts: [text, image] }],
        sampling: { seed: 0n, temperature: 2 },
        store: false,
      },
      [
        "messages[1].name: no names",
        "messages[1].parts[1].image.detail: no detail",
        "sampling.seed: no seed",
        "store: no store",
      ],
    ],
    [
      "content inside of content as content",
      {
        messages: [
          {
            role: Role.TOOL,
            parts: [
              {
                content: {
                  case: "toolResult",
                  value: {
                    content: [
                      text,
                      image,
                      {
                        content: {
                          case: "video",
                          value: { source: { case: "url", value: "https://a.example" } },
                        },
                      },
                    ],
                  },
                },
              },
            ],
          },
        ],
      },
      ["messages[0].parts[0].tool_result.content[1].image.detail: no detail"],
    ],
    [
      "extras of other dialects",
      { extrasJson: { mine: "{}", other: "{}" } },
      ['extras_json["other"]: of another dialect'],
    ],
    ["nothing where the value decides", { n: 2, user: "me" }, []],
  ];
  for (const [title, init, told] of cases) {
    it(`tells ${title}`, () => {
      const report = createReport(fidelity);
      reportDeclined(report, create(ChatSchema, init));
      expect(report.entries.map(({ field, note }) => `${field}: ${note}`)).toEqual(told);
      expect(report.fault).toBeUndefined();
    });
  }

  it("refuses what is always refused, with the field", () => {
    const report = createReport(fidelity);
    const video = {
      content: { case: "video", value: { source: { case: "url", value: "https://a.example" } } },
    } as const;
    reportDeclined(report, create(ChatSchema, { messages: [{ role: Role.USER, parts: [video] }] }));
    expect(report.fault).toMatchObject({
      reason: ErrorReason.UNSUPPORTED,
      fields: [{ field: "messages[0].parts[0].video", message: "no video" }],
    });
  });

  it("gives the notes of what an encoder tells, which may say more", () => {
    const report = createReport(fidelity);
    clamped(report, "sampling.temperature");
    mapped(report, "user", "as end_user me");
    expect(report.entries.map(({ field, outcome, note }) => [field, outcome, note])).toEqual([
      ["sampling.temperature", FieldOutcome.CLAMPED, "1 is the most"],
      ["user", FieldOutcome.MAPPED, "as end_user me"],
    ]);
  });

  it("with a field that the contract does not have is a bug that is told at its first use", () => {
    const wrong = declareFidelity("mine", ChatSchema, { "sampling.warmth": { dropped: "no" } });
    expect(() => reportDeclined(createReport(wrong), create(ChatSchema))).toThrow(
      /sampling\.warmth/,
    );
  });
});
