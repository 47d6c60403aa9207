import type { Event } from "../../../gen/parlance/chat/v1/event_pb.js";

/** What kind of part a vendor's index is of: the vendor counts content and tool calls apart. */
export type PartKind = "text" | "thinking" | "plan" | "call" | "other";

/** A part that has begun. */
export interface KnownPart {
  readonly kind: PartKind;
  /** The vendor's index; 0 for a plan, which has none. */
  readonly index: number;
  readonly part: number;
  /** Whether any input of a call has come. */
  readonly hasInput: boolean;
}

/** The decoder's state between frames; never changed in place. */
export interface StreamState {
  readonly started: boolean;
  readonly finished: boolean;
  readonly parts: readonly KnownPart[];
  /** Texts of citations of what the model thought or planned, which no part of the contract can carry. */
  readonly asides: readonly string[];
}

/** The work on one frame, or on a whole answer: the state so far and the events so far. */
export interface FrameWork {
  state: StreamState;
  readonly events: Event[];
}

/** The state before the first frame. */
export function begin(): StreamState {
  return { started: false, finished: false, parts: [], asides: [] };
}

/** Adds an event. */
export function emit(work: FrameWork, event: Event["event"]): void {
  work.events.push({ $typeName: "parlance.chat.v1.Event", event });
}

/** The event that an answer begins; only the first does. */
export function emitStart(work: FrameWork, id: string, model: string): void {
  if (work.state.started) return;
  work.state = { ...work.state, started: true };
  const value = {
    $typeName: "parlance.chat.v1.MessageStart",
    id,
    model,
    createdUnixS: 0n,
    systemFingerprint: "",
    serviceTier: "",
  } as const;
  emit(work, { case: "messageStart", value });
}

/** The part of a vendor's index, if it has begun. Content has one index for texts and thoughts. */
export function findPart(work: FrameWork, index: number, ...kinds: readonly PartKind[]): KnownPart | undefined {
  return work.state.parts.find((part) => part.index === index && kinds.includes(part.kind));
}

/** The last part of a kind. */
export function lastPart(work: FrameWork, kind: PartKind): KnownPart | undefined {
  return work.state.parts.findLast((part) => part.kind === kind);
}

/** Begins a part. */
export function addPart(work: FrameWork, kind: PartKind, index: number): KnownPart {
  const { parts } = work.state;
  const part: KnownPart = { kind, index, part: parts.length, hasInput: false };
  work.state = { ...work.state, parts: [...parts, part] };
  return part;
}

/** Remembers that a call has input. */
export function markInput(work: FrameWork, call: KnownPart): void {
  if (call.hasInput) return;
  const parts = work.state.parts.map((part) => (part.part === call.part ? { ...part, hasInput: true } : part));
  work.state = { ...work.state, parts };
}
