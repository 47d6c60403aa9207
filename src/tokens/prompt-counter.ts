import { FieldOutcome, type FieldReport } from "../../gen/parlance/call/v1/call_report_pb.js";
import type { Chat } from "../../gen/parlance/chat/v1/chat_pb.js";
import { ImageDetail } from "../../gen/parlance/chat/v1/part_pb.js";
import type { CountPrompt } from "../core/count-prompt.ts";
import type { CountingRules, ImageRules } from "../core/emulation.ts";
import { fieldEntry } from "../core/fidelity/field-entry.ts";
import { readImageSize } from "./image-size.ts";
import { imageTokens } from "./image-tokens.ts";
import { type PromptPieces, promptPieces } from "./prompt-text.ts";
import { type CountText, countTexts, slicesOf } from "./text-counter.ts";
import { toolPieces } from "./tool-text.ts";

/**
 * Tokens around each message, its role among them; before the answer, and after tools; the same for
 * all models with published rules.
 */
const aroundMessage = 4;
const beforeAnswer = 3;
const afterTools = 12;

/** For models without rules: the newest encoding and the commonest pictures. */
const usual: CountingRules = {
  encoding: "o200k_base",
  toolStart: 7,
  image: { kind: "tiles", base: 85, tile: 170 },
};

/** What a picture is taken for whose size is not known. */
const usualSize = { width: 1024, height: 1024 };

/**
 * Makes a counter of prompts. An encoding, about 2 MB of data, is loaded when the first prompt
 * needs it.
 */
export function createPromptCounter(): CountPrompt {
  const loaded = new Map<CountingRules["encoding"], Promise<CountText>>();
  const counterOf = (encoding: CountingRules["encoding"]): Promise<CountText> => {
    let counter = loaded.get(encoding);
    if (counter === undefined) {
      counter = loadEncoding(encoding);
      loaded.set(encoding, counter);
    }
    return counter;
  };
  return async (chat, rules, signal) => {
    const { encoding, toolStart, image } = rules ?? usual;
    const count = await counterOf(encoding);
    const pieces = promptPieces(chat);
    const tools = chat.tools.map(toolPieces);
    let tokens =
      beforeAnswer + aroundMessage * chat.messages.length + (tools.length > 0 ? afterTools : 0);
    for (const { extra } of tools) tokens += toolStart + extra;
    const texts = [...pieces.texts, ...tools.flatMap((tool) => tool.texts), schemaOf(chat)];
    tokens += await countTexts(texts, count, signal);
    const report = [howCounted(encoding, rules !== undefined), ...leftOut(pieces)];
    return { inputTokens: tokens + countImages(pieces, image, report), report };
  };
}

function countImages({ images }: PromptPieces, rules: ImageRules, report: FieldReport[]): number {
  let tokens = 0;
  for (const { field, image } of images) {
    const size = image.source.case === "data" ? readImageSize(image.source.value) : undefined;
    tokens += imageTokens(size ?? usualSize, rules, image.detail === ImageDetail.LOW);
    if (size === undefined) {
      report.push(
        fieldEntry(
          field,
          FieldOutcome.EMULATED,
          "counted as 1024 by 1024 pixels: its size is not known",
        ),
      );
    }
  }
  return tokens;
}

/** The schema of the answer is shown to the model too. */
function schemaOf({ responseFormat }: Chat): string {
  return responseFormat?.format.case === "jsonSchema" ? responseFormat.format.value.schemaJson : "";
}

function howCounted(encoding: string, known: boolean): FieldReport {
  const note = known
    ? `counted in the gateway with ${encoding}, the model's encoding; what surrounds messages and tools is an estimate`
    : `estimated in the gateway with ${encoding}: the vendor neither counts nor tells how the model does`;
  return fieldEntry("messages", FieldOutcome.EMULATED, note);
}

function leftOut({ uncounted }: PromptPieces): FieldReport[] {
  return uncounted.map((field) =>
    fieldEntry(field, FieldOutcome.DROPPED, "not counted: its tokens are unknown"),
  );
}

/** What looks like a special token is counted as the text it is. */
async function loadEncoding(encoding: CountingRules["encoding"]): Promise<CountText> {
  const { countTokens } = await (encoding === "o200k_base"
    ? import("gpt-tokenizer/encoding/o200k_base")
    : import("gpt-tokenizer/encoding/cl100k_base"));
  const asText = { disallowedSpecial: new Set<string>() };
  return (text) => countTokens(text, asText);
}

/**
 * Loads what counts the tokens of any text by the newest encoding, at once. Words are cut, so that
 * it takes time linear in the text.
 */
export async function loadTextCounter(): Promise<CountText> {
  const count = await loadEncoding(usual.encoding);
  return (text) => {
    let tokens = 0;
    for (const slice of slicesOf(text)) tokens += count(slice);
    return tokens;
  };
}
