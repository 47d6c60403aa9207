import { FinishReason } from "../../../../gen/parlance/chat/v1/completion_pb.js";
import type {
  Event,
  Finish,
  PartWhole,
  TextDelta,
} from "../../../../gen/parlance/chat/v1/event_pb.js";
import { appendAll } from "../../../core/append-all.ts";
import type { Piece } from "../../../core/call.ts";
import { bringsContent } from "../../../events/brings-content.ts";
import { event } from "../../../events/make-events.ts";
import { createObjectText, type ObjectText } from "./object-text.ts";

/**
 * The pieces of an answer in JSON that was requested by a tool or in the prompt: its text is the
 * object and nothing else. Words beside the object are left out; those beside calls of the caller's
 * tools stay, for such a turn is no answer yet, and so do those of an answer that was cut off or
 * refused. What comes before the first content is held with it.
 */
export async function* readJson(
  pieces: AsyncIterable<Piece>,
  rules: JsonRules,
): AsyncGenerator<Piece> {
  const choices = new Map<number, JsonChoice>();
  const choiceOf: ChoiceOf = (index) => {
    const known = choices.get(index) ?? createChoice(rules);
    choices.set(index, known);
    return known;
  };
  let opening: Event[] | undefined = [];
  for await (const { events } of pieces) {
    const read: Event[] = opening ?? [];
    for (const each of events) readEvent(each, choiceOf, read);
    if (opening !== undefined && !read.some(bringsContent)) continue;
    opening = undefined;
    if (read.length > 0) yield { events: read };
  }
  const rest = opening ?? [];
  for (const { held } of choices.values()) appendAll(rest, held);
  if (rest.length > 0) yield { events: rest };
}

/** How an answer is read. */
export interface JsonRules {
  /** The tool whose arguments are the answer. Undefined: its text is. */
  readonly tool: string | undefined;
  /** Called for a finished answer that holds no object. Its text passes on unless this throws. */
  readonly onWords: () => void;
}

type ChoiceOf = (index: number) => JsonChoice;

/** What has come of a choice: the stream's own, changed in place. */
interface JsonChoice extends JsonRules {
  /** Events of words that are left out where an object comes. */
  held: Event[];
  /** The object in the text. */
  readonly object: ObjectText;
  /** The object in the text, of an answer that a tool is to give: it waits for the tool. */
  waiting: string;
  /** The part of the text, once there is any. */
  textPart: number | undefined;
  /** Whether the object is handed on as it grows in the text. */
  streaming: boolean;
  /** Calls of the tool that gives the answer; the first is the answer. */
  readonly answers: Set<number>;
  /** Whether the answer has any input yet. */
  answered: boolean;
  /** Whether tools of the caller's were called. */
  called: boolean;
  refused: boolean;
}

function createChoice(rules: JsonRules): JsonChoice {
  return {
    ...rules,
    held: [],
    object: createObjectText(),
    waiting: "",
    textPart: undefined,
    streaming: false,
    answers: new Set(),
    answered: false,
    called: false,
    refused: false,
  };
}

function readEvent(whole: Event, choiceOf: ChoiceOf, read: Event[]): void {
  const { event: step } = whole;
  switch (step.case) {
    case "textDelta":
      readText(whole, step.value, choiceOf(step.value.choice), read);
      return;
    case "citationAdd":
    case "logprobsDelta":
      passBeside(whole, choiceOf(step.value.choice), read);
      return;
    case "partEnd": {
      const choice = choiceOf(step.value.choice);
      if (step.value.part === choice.textPart) passBeside(whole, choice, read);
      else read.push(whole);
      return;
    }
    case "toolCallStart":
      if (!beginAnswer(step.value, choiceOf(step.value.choice)))
        passCall(whole, choiceOf(step.value.choice), read);
      return;
    case "toolCallDelta": {
      const { choice: index, part, input } = step.value;
      const choice = choiceOf(index);
      if (!choice.answers.has(part)) read.push(whole);
      else addAnswer({ choice: index, part }, input, choice, read);
      return;
    }
    case "partWhole":
      readWhole(whole, step.value, choiceOf(step.value.choice), read);
      return;
    case "refusalDelta":
      choiceOf(step.value.choice).refused = true;
      read.push(whole);
      return;
    case "finish":
      finishChoice(step.value, choiceOf(step.value.choice), read);
      return;
    default:
      read.push(whole);
  }
}

function readText(
  whole: Event,
  { choice: index, part, text }: Words,
  choice: JsonChoice,
  read: Event[],
) {
  if (choice.called && !choice.streaming) {
    read.push(whole);
    return;
  }
  choice.textPart ??= part;
  const grown = choice.object.read(text);
  if (choice.tool !== undefined) choice.waiting += grown;
  else if (grown !== "") {
    choice.streaming = true;
    choice.held = [];
    read.push(textDelta({ choice: index, part: choice.textPart }, grown));
  }
  if (!choice.streaming) passBeside(whole, choice, read);
}

/** Words wait until it is known what they stand beside. */
function passBeside(whole: Event, { called, streaming, answers, held }: JsonChoice, read: Event[]) {
  if (called || streaming) read.push(whole);
  else if (answers.size === 0) held.push(whole);
}

/** Whether a call is that of the tool that gives the answer. */
function beginAnswer(
  { name, part }: { readonly name: string; readonly part: number },
  choice: JsonChoice,
): boolean {
  if (choice.tool === undefined || name !== choice.tool) return false;
  choice.answers.add(part);
  if (!choice.called) choice.held = [];
  return true;
}

/** The input of the first answer is the text; a model that answers twice is heard once. */
function addAnswer(place: Place, input: string, choice: JsonChoice, read: Event[]): void {
  const [first] = choice.answers;
  if (place.part !== first || input === "") return;
  choice.answered = true;
  read.push(textDelta(place, input));
}

function passCall(whole: Event, choice: JsonChoice, read: Event[]): void {
  choice.called = true;
  if (!choice.streaming) appendAll(read, choice.held);
  choice.held = [];
  read.push(whole);
}

function readWhole(
  whole: Event,
  { choice: index, part, content }: PartWhole,
  choice: JsonChoice,
  read: Event[],
): void {
  const inside = content?.content;
  if (inside?.case === "text") {
    readText(whole, { choice: index, part, text: inside.value.text }, choice, read);
  } else if (inside?.case !== "toolCall") read.push(whole);
  else if (beginAnswer({ name: inside.value.name, part }, choice))
    addAnswer({ choice: index, part }, inside.value.input.value ?? "", choice, read);
  else passCall(whole, choice, read);
}

function finishChoice(finish: Finish, choice: JsonChoice, read: Event[]): void {
  const { reason } = finish;
  const done = reason === FinishReason.STOP || reason === FinishReason.TOOL_CALLS;
  if (done) endAnswer(finish.choice, choice, read);
  appendAll(read, choice.held);
  choice.held = [];
  const answered = choice.answers.size > 0 && !choice.called;
  const value = answered && done ? { ...finish, reason: FinishReason.STOP } : finish;
  read.push(event({ case: "finish", value }));
}

/** A finished answer holds an object, or calls tools, or declines. */
function endAnswer(index: number, choice: JsonChoice, read: Event[]): void {
  const [answer] = choice.answers;
  if (answer !== undefined) {
    if (!choice.answered) addAnswer({ choice: index, part: answer }, "{}", choice, read);
    return;
  }
  const { called, refused, textPart, object, waiting } = choice;
  if (called || refused || textPart === undefined) return;
  const rest = object.end();
  if (rest === undefined) {
    choice.onWords();
    return;
  }
  choice.held = [];
  if (waiting + rest !== "")
    read.push(textDelta({ choice: index, part: textPart }, waiting + rest));
}

/** Words of a part. */
type Words = Pick<TextDelta, "choice" | "part" | "text">;

interface Place {
  readonly choice: number;
  readonly part: number;
}

function textDelta({ choice, part }: Place, text: string): Event {
  return event({
    case: "textDelta",
    value: { $typeName: "parlance.chat.v1.TextDelta", choice, part, text },
  });
}
