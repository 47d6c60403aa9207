import { create } from "@bufbuild/protobuf";
import { PartSchema } from "../../gen/parlance/chat/v1/part_pb.js";
import {
  type ModerationInput,
  type ModerationResult,
  ModerationResultSchema,
  type ModerationSpec,
} from "../../gen/parlance/moderation/v1/moderation_pb.js";
import { countTextTokens } from "./count-tokens.ts";
import { hashText } from "./hash.ts";
import { textOf } from "./prompt-text.ts";

/** Each category with the word that a text of it has. */
const categories: readonly (readonly [name: string, word: string])[] = [
  ["harassment", "idiot"],
  ["hate", "hate"],
  ["illicit", "steal"],
  ["self-harm", "suicide"],
  ["sexual", "sex"],
  ["violence", "kill"],
];

/**
 * Flags an input for each category whose word one of its texts has, whatever its case: the score is
 * 1 there and 0 elsewhere. Pictures are never flagged.
 */
export function moderateInputs(spec: ModerationSpec, model: string): ModerationResult {
  const tokens = BigInt(spec.inputs.reduce((sum, input) => sum + inputTokens(input), 0));
  return create(ModerationResultSchema, {
    id: `sim-${hashText(model, spec)}`,
    model,
    results: spec.inputs.map(moderateInput),
    usage: { inputTokens: tokens, totalTokens: tokens },
  });
}

function moderateInput({ parts }: ModerationInput) {
  const words = new Set(
    parts.flatMap(({ part }) =>
      part.case === "text" ? (part.value.toLowerCase().match(/[\p{L}\p{N}]+/gu) ?? []) : [],
    ),
  );
  const kinds = [...new Set(parts.flatMap(({ part: { case: kind } }) => kind ?? []))].sort();
  const found = categories.map(([name, word]) => {
    const flagged = words.has(word);
    return { name, flagged, score: flagged ? 1 : 0, appliedInputTypes: kinds };
  });
  return { flagged: found.some(({ flagged }) => flagged), categories: found };
}

function inputTokens({ parts }: ModerationInput): number {
  return parts.reduce((sum, { part }) => {
    if (part.case === "text") return sum + countTextTokens(part.value);
    return part.case === "image"
      ? sum + countTextTokens(textOf([create(PartSchema, { content: part })]))
      : sum;
  }, 0);
}
