import { create } from "@bufbuild/protobuf";
import { expect, it } from "vitest";
import type { FieldReport } from "../../../gen/parlance/call/v1/call_report_pb.js";
import { type Message, MessageSchema, Role } from "../../../gen/parlance/chat/v1/message_pb.js";
import { fitParts, trimPrefill } from "../../../src/adapters/turns/fit-parts.ts";
import { fitTurns } from "../../../src/adapters/turns/fit-turns.ts";
import { notesIn } from "../../../src/adapters/turns/notes.ts";
import { orderTurns } from "../../../src/adapters/turns/order-turns.ts";
import { isPlain } from "../../../src/adapters/turns/plain-turns.ts";
import { sendsParts, type TurnRules, usualRules } from "../../../src/adapters/turns/turn-rules.ts";

const usual: TurnRules = { ...usualRules, sends: sendsParts({ dialect: "own", text: "any" }) };
const strict: TurnRules = {
  sends: sendsParts({ dialect: "own", text: "visible" }),
  pairsCalls: true,
  resultsBehindCalls: true,
  joins: "all",
  startsWithUser: true,
  textBeforeCalls: true,
  answerBehindResults: true,
  laterInstructions: "at_start",
  wordsInResults: "all",
  prefill: "refused",
};
const allRules: readonly TurnRules[] = [
  usual,
  strict,
  { ...strict, answerBehindResults: false, prefill: "trimmed" },
  { ...strict, laterInstructions: "as_user" },
  { ...strict, laterInstructions: "behind_user" },
];

const of = (role: Role, ...texts: string[]): Message =>
  create(MessageSchema, {
    role,
    parts: texts.map((text) => ({ content: { case: "text" as const, value: { text } } })),
  });
const picture: Message = create(MessageSchema, {
  role: Role.USER,
  parts: [
    {
      content: {
        case: "image",
        value: { source: { case: "url", value: "https://a/b" }, mediaType: "image/jpg" },
      },
    },
  ],
});
const alphabet: readonly Message[] = [
  of(Role.SYSTEM, "s"),
  of(Role.DEVELOPER),
  of(Role.USER, "u"),
  of(Role.TOOL, "", "t"),
  of(Role.USER, " "),
  of(Role.ASSISTANT, "a "),
  of(Role.ASSISTANT, ""),
  picture,
];

/** All conversations of a number of messages. */
function conversations(length: number): readonly (readonly Message[])[] {
  if (length === 0) return [[]];
  return conversations(length - 1).flatMap((start) => alphabet.map((next) => [...start, next]));
}

it("leaves a plain conversation as it is under any rules", () => {
  const all = [1, 2, 3, 4].flatMap(conversations);
  const plain = allRules.map((rules) => all.filter((messages) => isPlain(messages, rules)));
  expect(plain.map(({ length }) => length)).toEqual([72, 42, 42, 42, 42]);
  for (const [index, rules] of allRules.entries()) {
    for (const messages of plain[index] ?? []) {
      const entries: FieldReport[] = [];
      const notes = notesIn(entries);
      const drafts = fitTurns(orderTurns(messages, rules, notes), rules, notes);
      for (const draft of drafts) fitParts(draft, rules, notes);
      trimPrefill(drafts.at(-1), rules, notes);
      expect(entries).toEqual([]);
      expect(drafts.map(({ whole }) => whole)).toEqual(messages);
    }
  }
});
