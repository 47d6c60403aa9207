import fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  createThinkTags,
  endThinking,
  splitThinking,
} from "../../../../src/adapters/shared/answers/think-tags.ts";

/** What an answer in pieces is split into. */
function split(pieces: readonly string[], model = "qwen3-32b") {
  const tags = createThinkTags(model);
  if (tags === undefined) return undefined;
  const parts = pieces.map((piece) => splitThinking(tags, piece));
  const all = [...parts, endThinking(tags)];
  return {
    thought: all.map(({ thought }) => thought).join(""),
    said: all.map(({ said }) => said).join(""),
  };
}

const answers: readonly (readonly [text: string, thought: string, said: string])[] = [
  ["<think>\nHm.\n</think>\n\nYes.", "Hm.\n", "Yes."],
  ["\n<think>Hm.</think>Yes. ", "Hm.", "Yes. "],
  ["<think>\n\n</think>\n\nYes.", "", "Yes."],
  ["<think>a < b </thin </think>c", "a < b </thin ", "c"],
  ["<think>cut off", "cut off", ""],
  ["<think>cut off</thi", "cut off</thi", ""],
  ["  Yes.", "", "  Yes."],
  ["<thinking about it>", "", "<thinking about it>"],
  ["Use <think>x</think>.", "", "Use <think>x</think>."],
  ["<think>a</think>b<think>c</think>", "a", "b<think>c</think>"],
  ["<thi", "", "<thi"],
  [" ".repeat(100), "", " ".repeat(100)],
  ["", "", ""],
];

describe("thinking between tags", () => {
  it.each(answers)("is told from what is said, however it is cut: %j", (text, thought, said) => {
    expect(split([text])).toEqual({ thought, said });
    expect(split([...text])).toEqual({ thought, said });
    for (let at = 1; at < text.length; at += 1)
      expect(split([text.slice(0, at), text.slice(at)])).toEqual({ thought, said });
  });

  it("is split alike in pieces of any length", () => {
    const words = fc.constantFrom("<think>", "</think>", "<", "</", "think", ">", " ", "\n", "a");
    fc.assert(
      fc.property(fc.array(words, { maxLength: 12 }), (pieces) => {
        expect(split(pieces)).toEqual(split([pieces.join("")]));
      }),
    );
  });

  it("is not looked for in answers of makers whose models have no such tags", () => {
    for (const model of ["gpt-5.1", "anthropic/claude-opus-4.7", "gemini-2.5-pro", "grok-4"])
      expect(split(["<think>x</think>y"], model)).toBeUndefined();
    for (const model of ["", "MiniMax-M2", "deepseek-r1", "sonar-reasoning"])
      expect(split(["<think>x</think>y"], model)).toEqual({ thought: "x", said: "y" });
  });
});
