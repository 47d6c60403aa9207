import { create, type MessageInitShape } from "@bufbuild/protobuf";
import { describe, expect, it } from "vitest";
import { FieldOutcome } from "../../../gen/parlance/call/v1/call_report_pb.js";
import { type Message, MessageSchema, Role } from "../../../gen/parlance/chat/v1/message_pb.js";
import type { Part, PartSchema } from "../../../gen/parlance/chat/v1/part_pb.js";
import { arrangeTurns } from "../../../src/adapters/turns/arrange-turns.ts";
import { sendsParts, type TurnRules, usualRules } from "../../../src/adapters/turns/turn-rules.ts";

type PartInit = MessageInitShape<typeof PartSchema>;

const usual: TurnRules = { ...usualRules, sends: sendsParts({ dialect: "own", text: "any" }) };
const visible: TurnRules = { ...usual, sends: sendsParts({ dialect: "own", text: "visible" }) };

const text = (value: string): PartInit => ({ content: { case: "text", value: { text: value } } });
const partsOf = (parts: readonly (string | PartInit)[]) =>
  parts.map((part) => (typeof part === "string" ? text(part) : part));
const of =
  (role: Role) =>
  (...parts: (string | PartInit)[]): Message =>
    create(MessageSchema, { role, parts: partsOf(parts) });
const user = of(Role.USER);
const answer = of(Role.ASSISTANT);
const system = of(Role.SYSTEM);
const tool = of(Role.TOOL);
const call = (id: string): PartInit => ({
  content: {
    case: "toolCall",
    value: { id, name: "f", input: { case: "argumentsJson", value: "{}" } },
  },
});
const result = (toolCallId: string, value = "r", isError = false): PartInit => ({
  content: { case: "toolResult", value: { toolCallId, content: [text(value)], isError } },
});
const thought: PartInit = { content: { case: "reasoning", value: { text: "hm", dialect: "d" } } };
const foreign: PartInit = { content: { case: "opaque", value: { dialect: "d", json: "{}" } } };
const picture = (mediaType: string): PartInit => ({
  content: {
    case: "image",
    value: { source: { case: "data", value: new Uint8Array([1]) }, mediaType },
  },
});

/** Such as `user a | answer call:1 | tool result:1=r`. */
function printed(messages: readonly Message[]): string {
  const words: Readonly<Partial<Record<Role, string>>> = {
    [Role.SYSTEM]: "system",
    [Role.USER]: "user",
    [Role.ASSISTANT]: "answer",
    [Role.TOOL]: "tool",
  };
  return messages
    .map(({ role, parts }) => [words[role], ...parts.map(printedPart)].join(" ").trim())
    .join(" | ");
}

function printedPart({ content }: Part): string {
  switch (content.case) {
    case "text":
      return content.value.text;
    case "toolCall":
      return `call:${content.value.id}`;
    case "toolResult":
      return `result:${content.value.toolCallId}=${content.value.content.map(printedPart).join("")}`;
    case "image":
      return content.value.mediaType;
    default:
      return content.case ?? "";
  }
}

const rows: readonly (readonly [
  title: string,
  rules: TurnRules,
  messages: readonly Message[],
  expected: string,
  report: readonly string[],
])[] = [
  [
    "words between calls and their results move behind the results",
    usual,
    [user("a"), answer(call("1"), call("2")), tool(result("1")), system("n"), tool(result("2"))],
    "user a | answer call:1 call:2 | tool result:1=r | tool result:2=r | system n",
    ["messages[4].parts[0] MAPPED"],
  ],
  [
    "words before a result in one message stay there, and do not part it from a later one",
    usual,
    [answer(call("1"), call("2")), user(result("1"), "w"), user(result("2"))],
    "answer call:1 call:2 | user result:1=r | user result:2=r | user w",
    ["messages[2].parts[0] MAPPED"],
  ],
  [
    "results without an id are those of the calls in order",
    usual,
    [
      answer(call("")),
      user("w"),
      tool(result("", "one")),
      answer(call("")),
      tool(result("", "two")),
    ],
    "answer call: | tool result:=one | user w | answer call: | tool result:=two",
    ["messages[2].parts[0] MAPPED"],
  ],
  [
    "a result of no call is the user's words",
    usual,
    [user("a"), tool(result("9")), answer("b"), user("")],
    "user a | user Result of the tool 9: r | answer b | user",
    ["messages[1].parts[0] EMULATED"],
  ],
  [
    "a call without result gets a placeholder",
    usual,
    [user("a"), answer(call("1"), call("2")), tool(result("2")), user("b")],
    "user a | answer call:1 call:2 | tool result:2=r | tool result:1=No result was given for this call. | user b",
    ["messages[1].parts[0] EMULATED"],
  ],
  [
    "calls without an id and too few results get a placeholder",
    usual,
    [answer(call(""), call("")), tool(result("")), user("b")],
    "answer call: call: | tool result:=r | tool result:=No result was given for this call. | user b",
    ["messages[0].parts[1] EMULATED"],
  ],
  ["calls that stand last wait", usual, [answer(call("1"))], "answer call:1", []],
  [
    "answers in a row become one, empty ones are left out",
    usual,
    [user("a"), answer("I "), answer("see."), answer(call("1")), answer(), tool(result("1"))],
    "user a | answer I  see. call:1 | tool result:1=r",
    ["messages[2] MAPPED", "messages[3] MAPPED"],
  ],
  [
    "an answer of which nothing is sent vanishes",
    usual,
    [user("a"), answer(thought), user("b"), answer(foreign), answer(""), user("c")],
    "user a | user b | user c",
    ["messages[1] DROPPED", "messages[4] MAPPED", "messages[3] DROPPED", "messages[4] DROPPED"],
  ],
  [
    "a silent user between two answers is a placeholder, and vanishes beside other words",
    visible,
    [user("a"), answer("b"), user(foreign), answer("c"), user(" "), user("d")],
    "user a | answer b | user opaque . | answer c | user d",
    ["messages[2] EMULATED", "messages[4] DROPPED"],
  ],
  [
    "turns alternate, results first",
    { ...usual, joins: "all" },
    [user("a"), user("b"), answer(call("1")), tool(result("1")), user("c"), user("d")],
    "user a b | answer call:1 | tool result:1=r c d",
    ["messages[1] MAPPED", "messages[5] MAPPED"],
  ],
  [
    "the user begins",
    { ...usual, startsWithUser: true },
    [system("s"), answer("a"), user("b")],
    "system s | user . | answer a | user b",
    ["messages EMULATED"],
  ],
  [
    "text stands before calls, reasoning keeps its place",
    { ...usual, textBeforeCalls: true },
    [answer(thought, call("1"), "a", thought, call("2"), "b")],
    "answer reasoning a b call:1 reasoning call:2",
    ["messages[0].parts[2] MAPPED", "messages[0].parts[5] MAPPED"],
  ],
  [
    "an answer stands between results and the user's words",
    { ...usual, answerBehindResults: true },
    [answer(call("1")), user(result("1"), "w")],
    "answer call:1 | user result:1=r | answer . | user w",
    ["messages[1] EMULATED"],
  ],
  [
    "later instructions are the user's where the vendor takes none",
    { ...usual, laterInstructions: "behind_user" },
    [system("s"), user("a"), system("t"), answer("b"), system("u")],
    "system s | user a | system t | answer b | user u",
    ["messages[4].role MAPPED"],
  ],
  [
    "later instructions move to the start",
    { ...usual, laterInstructions: "at_start" },
    [user("a"), answer("b"), system("s"), answer("c")],
    "system s | user a | answer b c",
    ["messages[2] MAPPED", "messages[3] MAPPED"],
  ],
  [
    "a failure without words has some",
    { ...visible, wordsInResults: "failures" },
    [answer(call("1"), call("2")), tool(result("1", "", true), result("2", ""))],
    "answer call:1 call:2 | tool result:1=error result:2=",
    ["messages[1].parts[0].tool_result.content EMULATED"],
  ],
  [
    "white space at the end of an answer to be gone on with is left out",
    { ...usual, prefill: "trimmed" },
    [user("a"), answer("b", "c \n")],
    "user a | answer b c",
    ["messages[1].parts[1].text MAPPED"],
  ],
  [
    "an answer to be gone on with is asked for where the vendor takes none",
    { ...usual, prefill: "refused" },
    [user("a"), answer("b")],
    "user a | answer b | user Go on with your last answer from exactly where it ends. Do not repeat any of it, and do not comment.",
    ["messages[1] EMULATED"],
  ],
  [
    "media types are the registered ones",
    usual,
    [user(picture("image/jpg"), picture("IMAGE/PNG"), picture("image/webp"))],
    "user image/jpeg image/png image/webp",
    [
      "messages[0].parts[0].image.media_type MAPPED",
      "messages[0].parts[1].image.media_type MAPPED",
    ],
  ],
];

describe("a conversation", () => {
  for (const [title, rules, messages, expected, report] of rows) {
    it(title, () => {
      const before = printed(messages);
      const arranged = arrangeTurns(messages, rules);
      expect(printed(arranged?.messages ?? messages)).toBe(expected);
      expect(
        (arranged?.entries ?? []).map(({ field, outcome }) => `${field} ${FieldOutcome[outcome]}`),
      ).toEqual(report);
      expect(printed(messages)).toBe(before);
      const again = arrangeTurns(arranged?.messages ?? messages, rules);
      expect(again === undefined || again.entries.length === 0).toBe(true);
    });
  }

  it("that is in order is the very one it was", () => {
    const messages = [
      system("s"),
      user("a"),
      answer("b", call("1"), call("2")),
      tool(result("1")),
      user(result("2"), "w"),
      answer("c"),
      user("d"),
    ];
    expect(arrangeTurns(messages, usual)).toBeUndefined();
  });

  it("says what becomes of fields in the paths of the caller", () => {
    const messages = [answer(call("1")), user("w"), tool(result("1"))];
    const { pathOf } = arrangeTurns(messages, { ...usual, startsWithUser: true }) ?? {};
    expect(pathOf?.("messages[2].parts[0].tool_result.is_error")).toBe(
      "messages[2].parts[0].tool_result.is_error",
    );
    expect(pathOf?.("messages[3].parts[0].text")).toBe("messages[1].parts[0].text");
    expect(pathOf?.("messages[1].role")).toBe("messages[0].role");
    expect(pathOf?.("sampling.top_k")).toBe("sampling.top_k");
  });
});
