import type { Citation } from "../../../gen/parlance/chat/v1/citation_pb.js";
import type { Event, MessageStart } from "../../../gen/parlance/chat/v1/event_pb.js";
import type { Json } from "../../core/json.ts";
import type { FilterResults } from "./filter-results.ts";

/** A tool call that has begun. */
export interface CallState {
  /** The vendor's `index`; undefined where it gives none. */
  readonly index: number | undefined;
  readonly id: string;
  readonly part: number;
}

/** What is known of one choice between frames. Part numbers are -1 while there is no such part. */
export interface ChoiceState {
  readonly index: number;
  /** The number of the next part. */
  readonly next: number;
  readonly text: number;
  readonly refusal: number;
  readonly audio: number;
  /** The reasoning part that words without a place of their own go to. */
  readonly reasoning: number;
  /** Reasoning parts by the vendor's index. */
  readonly details: ReadonlyMap<number, number>;
  readonly calls: readonly CallState[];
  readonly finished: boolean;
  /** What filters of content found. */
  readonly filters?: FilterResults;
}

/** The decoder's state between frames; never changed in place. */
export interface ChatStreamState {
  readonly started: boolean;
  /** `[DONE]` was seen. */
  readonly done: boolean;
  readonly choices: readonly ChoiceState[];
  /** Members of the answer that have no field of the contract; told at the end. */
  readonly extras: Readonly<Record<string, Json>> | undefined;
  /** Pages that the answer rests on, and whether citations of it were told. */
  readonly sources: { readonly found: readonly Citation[]; readonly told: boolean };
}

/** The work on one frame: the state so far and the events so far. Lives for one frame only. */
export interface FrameWork {
  state: ChatStreamState;
  readonly events: Event[];
  /** The frame is a whole answer: every element is a part of its own. */
  readonly whole: boolean;
}

/** The state before the first frame. */
export function begin(): ChatStreamState {
  return { started: false, done: false, choices: [], extras: undefined, sources: { found: [], told: false } };
}

/** Adds an event. */
export function emit(work: FrameWork, event: Event["event"]): void {
  work.events.push({ $typeName: "parlance.chat.v1.Event", event });
}

/** Adds the event that an answer begins. */
export function emitStart(work: FrameWork, value: MessageStart): void {
  work.state = { ...work.state, started: true };
  emit(work, { case: "messageStart", value });
}

/** The choice with this index, begun if need be. */
export function choiceAt(work: FrameWork, index: number): ChoiceState {
  const found = work.state.choices.find((choice) => choice.index === index);
  if (found !== undefined) return found;
  const choice: ChoiceState = {
    index,
    next: 0,
    text: -1,
    refusal: -1,
    audio: -1,
    reasoning: -1,
    details: new Map(),
    calls: [],
    finished: false,
  };
  work.state = { ...work.state, choices: [...work.state.choices, choice] };
  return choice;
}

/** Replaces members of a choice. */
export function changeChoice(work: FrameWork, index: number, change: Partial<ChoiceState>): void {
  const choices = work.state.choices.map((choice) => (choice.index === index ? { ...choice, ...change } : choice));
  work.state = { ...work.state, choices };
}

/** The number of the choice's one part of a kind, begun if need be. */
export function solePart(work: FrameWork, index: number, kind: "text" | "refusal" | "audio" | "reasoning"): number {
  const choice = choiceAt(work, index);
  if (choice[kind] >= 0) return choice[kind];
  changeChoice(work, index, { [kind]: choice.next, next: choice.next + 1 });
  return choice.next;
}

/** The number of a new part. */
export function newPart(work: FrameWork, index: number): number {
  const { next } = choiceAt(work, index);
  changeChoice(work, index, { next: next + 1 });
  return next;
}
