import type { Chat } from "../../gen/parlance/chat/v1/chat_pb.js";
import { FinishReason } from "../../gen/parlance/chat/v1/completion_pb.js";
import type { Decoded } from "../core/dialect.ts";
import { type Json, parseJson } from "../json/json.ts";
import { type PlannedCall, planToolCalls } from "./plan-tool-calls.ts";
import { lastUserText, newToolResults, textOf } from "./prompt-text.ts";
import { schemaExample } from "./schema-example.ts";
import { invalidPrompt } from "./sim-fault.ts";
import type { SimSettings } from "./sim-settings.ts";
import { textPieces } from "./text-pieces.ts";

const PASSAGE =
  "Lorem ipsum dolor sit amet, consectetur adipiscing elit, sed do eiusmod tempor incididunt ut labore et dolore magna " +
  "aliqua. Ut enim ad minim veniam, quis nostrud exercitation ullamco laboris nisi ut aliquip ex ea commodo consequat. " +
  "Duis aute irure dolor in reprehenderit in voluptate velit esse cillum dolore eu fugiat nulla pariatur. Excepteur " +
  "sint occaecat cupidatat non proident, sunt in culpa qui officia deserunt mollit anim id est laborum.";

/** That many words of filler, always the same; the passage begins anew when it is over. */
function lorem(words: number): string {
  const passage = PASSAGE.split(" ");
  return Array.from({ length: words }, (_, at) => passage[at % passage.length]).join(" ");
}

/** An answer before it is put into events. */
export interface PlannedAnswer {
  /** "": the model does not think aloud. */
  readonly reasoning: string;
  /** "": it does not decline. */
  readonly refusal: string;
  /** Undefined: no text beside its tool calls or its refusal. */
  readonly text: string | undefined;
  readonly calls: readonly PlannedCall[];
  readonly finish: FinishReason;
  /** The stop text that was met; "" for none. */
  readonly stopSequence: string;
}

const silent: PlannedAnswer = {
  reasoning: "",
  refusal: "",
  text: undefined,
  calls: [],
  finish: FinishReason.STOP,
  stopSequence: "",
};

/** Each of them is looked for in the whole text. */
const MAX_STOPS = 64;

/** What the simulated model answers. Depends on nothing but the request and the settings. */
export function planAnswer(chat: Chat, settings: SimSettings): Decoded<PlannedAnswer> {
  if (settings.behaviour.kind === "refuse") {
    const refusal = "I am a simulator and was told to decline.";
    return { ok: true, value: { ...silent, refusal, finish: FinishReason.REFUSAL } };
  }
  if ((chat.sampling?.stop.length ?? 0) > MAX_STOPS) {
    return {
      ok: false,
      fault: invalidPrompt("stop", `the simulator takes at most ${MAX_STOPS} stop texts`),
    };
  }
  const results = newToolResults(chat);
  const calls = planToolCalls(chat, results.length > 0 ? 0 : wantedCalls(settings));
  if (!calls.ok) return calls;
  // A model that must use a tool has done so once the result is there; else the two would talk for
  // ever.
  if (calls.value.length > 0 && results.length === 0) {
    return { ok: true, value: { ...silent, calls: calls.value, finish: FinishReason.TOOL_CALLS } };
  }
  const text = settings.reply || (results.length > 0 ? quote(chat) : spoken(chat, settings));
  const reasoning = settings.behaviour.kind === "think" ? thought(chat) : "";
  return { ok: true, value: shortened(chat, settings, { ...silent, reasoning, text }) };
}

function wantedCalls({ behaviour, toolCalls }: SimSettings): number {
  if (behaviour.kind === "tools") return Math.max(1, toolCalls);
  return behaviour.kind === "parallel-tools" ? Math.max(2, toolCalls) : toolCalls;
}

function quote(chat: Chat): string {
  const names = new Map(
    chat.messages
      .flatMap((message) => message.parts)
      .flatMap(({ content }) =>
        content.case === "toolCall" ? [[content.value.id, content.value.name] as const] : [],
      ),
  );
  return newToolResults(chat)
    .map((result) => {
      const name = result.name || names.get(result.toolCallId) || "tool";
      return `${name} ${result.isError === true ? "failed" : "said"}: ${textOf(result.content)}`;
    })
    .join("\n");
}

function spoken(chat: Chat, { behaviour }: SimSettings): string {
  if (behaviour.kind === "lorem") return lorem(behaviour.words);
  return behaviour.kind === "json" ? JSON.stringify(jsonAnswer(chat)) : lastUserText(chat);
}

function jsonAnswer(chat: Chat): Json {
  const format = chat.responseFormat?.format;
  const schema = parseJson(format?.case === "jsonSchema" ? format.value.schemaJson : "");
  return schema.ok ? schemaExample(schema.value) : { echo: lastUserText(chat) };
}

function thought(chat: Chat): string {
  const words = lastUserText(chat).split(/\s+/u).filter(Boolean).length;
  return `The user said ${words} ${words === 1 ? "word" : "words"}. I will repeat what was said.`;
}

/**
 * Ends the text where the request or the behaviour says: at a stop text, then at the most output
 * tokens.
 */
function shortened(chat: Chat, settings: SimSettings, answer: PlannedAnswer): PlannedAnswer {
  const text = answer.text ?? "";
  const stops = (chat.sampling?.stop ?? [])
    .map((stop) => ({ stop, at: stop === "" ? -1 : text.indexOf(stop) }))
    .filter(({ at }) => at >= 0);
  const [first] = stops.sort((one, other) => one.at - other.at);
  if (first !== undefined) {
    const { stop, at } = first;
    const before = text.slice(0, at);
    return limited(chat, settings, {
      ...answer,
      text: before,
      finish: FinishReason.STOP_SEQUENCE,
      stopSequence: stop,
    });
  }
  return limited(chat, settings, answer);
}

function limited(chat: Chat, settings: SimSettings, answer: PlannedAnswer): PlannedAnswer {
  const text = answer.text ?? "";
  const halved = settings.behaviour.kind === "length";
  if (!halved && chat.maxOutputTokens === undefined) return answer;
  let pieces = halved ? Math.ceil(countPieces(text) / 2) : Number.POSITIVE_INFINITY;
  let room = chat.maxOutputTokens ?? Number.POSITIVE_INFINITY;
  for (const piece of textPieces(answer.reasoning)) room -= piece.tokens;
  let end = 0;
  for (const piece of textPieces(text)) {
    room -= piece.tokens;
    pieces -= 1;
    if (room < 0 || pieces < 0) break;
    end += piece.text.length;
  }
  if (end === text.length && !halved) return answer;
  return { ...answer, text: text.slice(0, end), finish: FinishReason.LENGTH, stopSequence: "" };
}

function countPieces(text: string): number {
  let count = 0;
  for (const _ of textPieces(text)) count += 1;
  return count;
}
