import type { Event } from "../../../../gen/parlance/chat/v1/event_pb.js";
import type { Part } from "../../../../gen/parlance/chat/v1/part_pb.js";
import { appendAll } from "../../../core/append-all.ts";
import type { FrameText } from "../../../core/dialect.ts";
import type { ObjectEnd } from "../../../json/object-end.ts";

/** A block that a client has been sent the beginning of. */
export interface SequencedBlock {
  /** The contract's number of its part. */
  readonly part: number;
  readonly kind: string;
  /** A tool that takes free text, which is sent as the string member `input` of an object. */
  readonly custom: boolean;
  /** Where the input of a tool stands. */
  readonly input: ObjectEnd;
}

/** Which block is open and which parts wait: the stream's own, changed in place. */
export interface SequenceState<S, B extends SequencedBlock> {
  readonly writer: BlockWriter<S, B>;
  open: B | undefined;
  /** How many blocks have begun: the client's number of the next one. */
  blocks: number;
  readonly waiting: WaitingParts;
  /** Parts of tools that were sent to their end. */
  readonly toolsDone: Set<number>;
}

/** Parts that came before the open tool's input was complete. */
interface WaitingParts {
  /** What came for each. */
  readonly events: Map<number, Event[]>;
  /** The parts in the order in which they came, and which is the next. */
  readonly order: number[];
  next: number;
}

/** Where a block begins. */
export interface BlockPlace<B extends SequencedBlock> {
  readonly part: number;
  readonly kind: B["kind"];
  /** The client's number of it. */
  readonly index: number;
}

/** What a dialect writes of blocks; `S` is the state of its streams. */
export interface BlockWriter<S, B extends SequencedBlock> {
  /** The part of an event and the kind of its block; undefined where there is nothing to send. */
  placeOf(event: Event): Omit<BlockPlace<B>, "index"> | undefined;
  /** The beginning of the message, unless it was sent. */
  start(state: S, frames: FrameText[]): void;
  /** Begins a block with the event that first names it. */
  begin(event: Event, place: BlockPlace<B>, frames: FrameText[]): B;
  add(block: B, event: Event, frames: FrameText[]): void;
  end(block: B, frames: FrameText[]): void;
  /** The block that follows one that has ended: the proof of a tool call. Empty: none. */
  after(block: B, index: number): readonly FrameText[];
  /** The events that a whole part stands for, where clients read it in deltas. Empty: not so. */
  deltasOf(content: Part, part: number): readonly Event[];
  /** A part that is sent at once; undefined where the dialect has no words for it. */
  whole(content: Part): ((index: number) => readonly FrameText[]) | undefined;
}

/** The state before the first event. */
export function beginSequence<S, B extends SequencedBlock>(
  writer: BlockWriter<S, B>,
): SequenceState<S, B> {
  return {
    writer,
    open: undefined,
    blocks: 0,
    waiting: { events: new Map(), order: [], next: 0 },
    toolsDone: new Set(),
  };
}

/**
 * Adds the frames of an event of a part. Blocks come one after the other, in whatever order parts
 * grow: what comes for another part ends the open block, or waits if that is a tool whose input is
 * not complete.
 */
export function sendInSequence<S extends SequenceState<S, B>, B extends SequencedBlock>(
  state: S,
  event: Event,
  frames: FrameText[],
): void {
  place(state, event, frames);
  sendWaiting(state, frames);
}

/** Ends all blocks: they are complete, for nothing more can come. */
export function endSequence<S extends SequenceState<S, B>, B extends SequencedBlock>(
  state: S,
  frames: FrameText[],
): void {
  closeOpen(state, frames);
  while (state.waiting.events.size > 0) {
    sendWaiting(state, frames);
    closeOpen(state, frames);
  }
}

function place<S extends SequenceState<S, B>, B extends SequencedBlock>(
  state: S,
  event: Event,
  frames: FrameText[],
): void {
  const { event: step } = event;
  if (step.case === "partWhole") placeWhole(state, event, frames);
  else if (step.case !== "partEnd") placeDelta(state, event, frames);
  else if (state.open?.part === step.value.part) closeOpen(state, frames);
  else state.waiting.events.get(step.value.part)?.push(event);
}

function placeDelta<S extends SequenceState<S, B>, B extends SequencedBlock>(
  state: S,
  event: Event,
  frames: FrameText[],
): void {
  const { open, writer } = state;
  const placed = writer.placeOf(event);
  if (placed === undefined) return;
  const { part, kind } = placed;
  if (open !== undefined && open.part === part && open.kind === kind)
    writer.add(open, event, frames);
  else if (open !== undefined && !isComplete(open)) wait(state.waiting, part, event);
  else if (kind !== "tool" || !state.toolsDone.has(part)) {
    closeOpen(state, frames);
    writer.start(state, frames);
    state.open = writer.begin(event, { part, kind, index: state.blocks }, frames);
    state.blocks += 1;
  }
}

function placeWhole<S extends SequenceState<S, B>, B extends SequencedBlock>(
  state: S,
  event: Event,
  frames: FrameText[],
): void {
  const { open, writer } = state;
  if (event.event.case !== "partWhole") return;
  const { part, content } = event.event.value;
  if (open !== undefined && !isComplete(open)) {
    wait(state.waiting, part, event);
    return;
  }
  if (content === undefined) return;
  const deltas = writer.deltasOf(content, part);
  for (const delta of deltas) placeDelta(state, delta, frames);
  // Nothing more comes to it.
  if (deltas.length > 0 && state.open?.part === part) closeOpen(state, frames);
  const written = deltas.length > 0 ? undefined : writer.whole(content);
  if (written === undefined) return;
  closeOpen(state, frames);
  writer.start(state, frames);
  appendAll(frames, written(state.blocks));
  state.blocks += 1;
}

function closeOpen<S extends SequenceState<S, B>, B extends SequencedBlock>(
  state: S,
  frames: FrameText[],
): void {
  const { open, writer } = state;
  if (open === undefined) return;
  writer.end(open, frames);
  const following = writer.after(open, state.blocks);
  if (following.length > 0) {
    appendAll(frames, following);
    state.blocks += 1;
  }
  if (open.kind === "tool") state.toolsDone.add(open.part);
  state.open = undefined;
}

/**
 * Sends what waited, part by part, in the order in which the parts came, until a tool begins whose
 * input is not complete. The rest waits on, so that a part that holds up others costs no second
 * look at them.
 */
function sendWaiting<S extends SequenceState<S, B>, B extends SequencedBlock>(
  state: S,
  frames: FrameText[],
): void {
  const { waiting } = state;
  while (waiting.next < waiting.order.length) {
    if (state.open !== undefined && !isComplete(state.open)) return;
    const part = waiting.order[waiting.next] ?? 0;
    const events = waiting.events.get(part) ?? [];
    waiting.next += 1;
    waiting.events.delete(part);
    for (const event of events) place(state, event, frames);
  }
}

function wait({ events, order }: WaitingParts, part: number, event: Event): void {
  const known = events.get(part);
  if (known !== undefined) {
    known.push(event);
    return;
  }
  events.set(part, [event]);
  order.push(part);
}

/**
 * Whether nothing more can come to a block: a tool's input is complete when it is a whole object.
 */
function isComplete({ kind, custom, input }: SequencedBlock): boolean {
  return kind !== "tool" || (!custom && input.state === "closed");
}
