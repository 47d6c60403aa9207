import type { Event } from "../../../../gen/parlance/chat/v1/event_pb.js";
import { type AlikeFrames, createAlikeFrames } from "../../shared/answers/alike-frames.ts";

/** What kind of part a vendor's index is of: the vendor counts content and tool calls apart. */
export type PartKind = "text" | "thinking" | "plan" | "call" | "other";

/** A part that has begun. */
export interface KnownPart {
  readonly kind: PartKind;
  /** The vendor's index; 0 for a plan, which has none. */
  readonly index: number;
  readonly part: number;
}

/** The decoder's state between frames: the stream's own, changed in place. */
export interface StreamState {
  started: boolean;
  finished: boolean;
  /** How many parts have begun. */
  parts: number;
  /** The first part of each kind under each of the vendor's indices; of calls the last. */
  readonly first: Readonly<Record<PartKind, Map<number, KnownPart>>>;
  /** The last part of each kind. */
  readonly last: Map<PartKind, KnownPart>;
  /** Calls that have no input yet. */
  readonly unfed: Set<KnownPart>;
  /**
   * Texts of citations of what the model thought or planned, which no part of the contract can
   * carry.
   */
  readonly asides: string[];
  readonly alike: AlikeFrames;
}

/** The work on one frame, or on a whole answer: the stream's state and the events so far. */
export interface FrameWork {
  readonly state: StreamState;
  readonly events: Event[];
}

/** The state before the first frame. */
export function begin(): StreamState {
  return {
    started: false,
    finished: false,
    parts: 0,
    first: {
      text: new Map(),
      thinking: new Map(),
      plan: new Map(),
      call: new Map(),
      other: new Map(),
    },
    last: new Map(),
    unfed: new Set(),
    asides: [],
    alike: createAlikeFrames("text"),
  };
}

/** Adds an event. */
export function emit(work: FrameWork, event: Event["event"]): void {
  work.events.push({ $typeName: "parlance.chat.v1.Event", event });
}

/** The event that an answer begins; only the first does. */
export function emitStart(work: FrameWork, id: string, model: string): void {
  if (work.state.started) return;
  work.state.started = true;
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

/**
 * The part of a vendor's index, if it has begun. Content has one index for texts and thoughts: of
 * both the first counts.
 */
export function findPart(
  work: FrameWork,
  index: number,
  ...kinds: readonly PartKind[]
): KnownPart | undefined {
  let found: KnownPart | undefined;
  for (const kind of kinds) {
    const part = work.state.first[kind].get(index);
    if (part !== undefined && (found === undefined || part.part < found.part)) found = part;
  }
  return found;
}

/** The last part of a kind. */
export function lastPart(work: FrameWork, kind: PartKind): KnownPart | undefined {
  return work.state.last.get(kind);
}

/** Begins a part. */
export function addPart({ state }: FrameWork, kind: PartKind, index: number): KnownPart {
  const part: KnownPart = { kind, index, part: state.parts };
  state.parts += 1;
  if (kind === "call" || !state.first[kind].has(index)) state.first[kind].set(index, part);
  state.last.set(kind, part);
  if (kind === "call") state.unfed.add(part);
  return part;
}
