import type { Citation } from "../../../../gen/parlance/chat/v1/citation_pb.js";
import type { Event, MessageStart } from "../../../../gen/parlance/chat/v1/event_pb.js";
import { type Fault, tooMany } from "../../../core/faults/fault.ts";
import type { Json } from "../../../json/json.ts";
import { type AlikeFrames, createAlikeFrames } from "../../shared/answers/alike-frames.ts";
import { createThinkTags, type ThinkTags } from "../../shared/answers/think-tags.ts";
import type { FilterResults } from "../filter-results.ts";

/** A tool call that has begun. */
export interface CallState {
  /** The vendor's `index`; undefined where it gives none. */
  readonly index: number | undefined;
  /** "" until the vendor tells it. */
  id: string;
  name: string;
  readonly part: number;
}

/** The tool calls of a choice, by what pieces of them name. */
export interface CallsState {
  /** The last that began under each index of the vendor. */
  readonly byIndex: Map<number, CallState>;
  /** The first that began with each id. */
  readonly byId: Map<string, CallState>;
  latest: CallState | undefined;
}

/** What is known of one choice between frames. Part numbers are -1 while there is no such part. */
export interface ChoiceState {
  readonly index: number;
  /** The number of the next part. */
  next: number;
  text: number;
  refusal: number;
  audio: number;
  /** The reasoning part that words without a place of their own go to. */
  reasoning: number;
  /** Reasoning parts by the vendor's index. */
  readonly details: Map<number, number>;
  /** How many summaries of a whole answer's reasoning parts were emitted, by part. */
  readonly summaries: Map<number, number>;
  readonly calls: CallsState;
  finished: boolean;
  /** What was said as text, as far as it is compared with the words of sound. */
  said: string;
  /** Addresses of pictures that were emitted: some hosts send them again at the end. */
  readonly images: Set<string>;
  /** Thinking at the beginning of the text; undefined where it comes apart from the text. */
  tags: ThinkTags | undefined;
  /** What filters of content found. */
  filters: FilterResults | undefined;
}

/** The decoder's state between frames: the stream's own, changed in place. */
export interface ChatStreamState {
  /** The model that answers; undefined: thinking is not looked for in its text. */
  readonly model: string | undefined;
  started: boolean;
  /** `[DONE]` was seen. */
  done: boolean;
  /** By index, in the order in which they began. */
  readonly choices: Map<number, ChoiceState>;
  /** Members of the answer that have no field of the contract; emitted at the end. */
  readonly extras: Map<string, Json>;
  readonly alike: AlikeFrames;
  /** Pages that the answer rests on, and whether citations of it were emitted. */
  readonly sources: { found: readonly Citation[]; sent: boolean };
}

/** The work on one frame: the stream's state and the events so far. Lives for one frame only. */
export interface FrameWork {
  readonly state: ChatStreamState;
  readonly events: Event[];
  /** The frame is a whole answer: every element is a part of its own. */
  readonly whole: boolean;
  /** The answer has more of something than it may. */
  fault?: Fault | undefined;
}

/** The state before the first frame. `model`: as in the state. */
export function begin(model?: string): ChatStreamState {
  return {
    model,
    started: false,
    done: false,
    choices: new Map(),
    extras: new Map(),
    alike: createAlikeFrames("content"),
    sources: { found: [], sent: false },
  };
}

/** Adds an event. */
export function emit(work: FrameWork, event: Event["event"]): void {
  work.events.push({ $typeName: "parlance.chat.v1.Event", event });
}

/** Adds the event that an answer begins. */
export function emitStart(work: FrameWork, value: MessageStart): void {
  work.state.started = true;
  emit(work, { case: "messageStart", value });
}

/** The choice with this index, begun if need be. */
export function choiceAt(work: FrameWork, index: number): ChoiceState {
  const found = work.state.choices.get(index);
  if (found !== undefined) return found;
  const { model } = work.state;
  const choice: ChoiceState = {
    index,
    tags: model === undefined ? undefined : createThinkTags(model),
    next: 0,
    text: -1,
    refusal: -1,
    audio: -1,
    reasoning: -1,
    details: new Map(),
    summaries: new Map(),
    calls: { byIndex: new Map(), byId: new Map(), latest: undefined },
    finished: false,
    said: "",
    images: new Set(),
    filters: undefined,
  };
  work.state.choices.set(index, choice);
  return choice;
}

/** The number of the choice's one part of a kind, begun if need be. */
export function solePart(
  work: FrameWork,
  index: number,
  kind: "text" | "refusal" | "audio" | "reasoning",
): number {
  const choice = choiceAt(work, index);
  if (choice[kind] < 0) choice[kind] = newPart(work, index);
  return choice[kind];
}

/** The number of a new part. */
export function newPart(work: FrameWork, index: number): number {
  const choice = choiceAt(work, index);
  const part = choice.next;
  choice.next += 1;
  return part;
}

/** Whether a list is longer than what an answer may have; its fault is then that of the frame. */
export function isTooLong(
  work: FrameWork,
  list: readonly unknown[],
  most: number,
  what: string,
): boolean {
  work.fault ??= tooMany(list.length, most, what);
  return list.length > most;
}
