import type { Event } from "../../../gen/parlance/chat/v1/event_pb.js";
import type { Usage } from "../../../gen/parlance/chat/v1/usage_pb.js";
import { bringsContent } from "../../events/brings-content.ts";
import { mergeUsage } from "../../events/merge-usage.ts";
import { nameToolCalls } from "../../events/name-tool-calls.ts";
import { createToolCallSettler } from "../../events/settle-tool-calls.ts";
import { createCharacterJoiner } from "../../events/whole-characters.ts";
import type { Piece } from "../call.ts";
import type { StreamDecoder } from "../dialect.ts";
import { type Fault, malformed } from "../faults/fault.ts";
import { finishFault } from "../faults/finish-fault.ts";
import { withTier } from "../money/with-tier.ts";
import type { RawFrame } from "../target/outlet.ts";
import { isTorn, type StreamReader } from "./stream-reader.ts";

/**
 * Bytes of frames that are read in wait of the first content, as many as one frame may have: 16
 * MiB.
 */
const MAX_OPENING_BYTES = 16 * 1024 * 1024;

/** What a frame before the first content counts for at least, for it costs more than its bytes. */
const MIN_FRAME_BYTES = 256;

/** A stream that is read as events. */
export interface EventSource {
  readonly decoder: StreamDecoder;
  readonly callId: string;
  readonly model: string;
  /**
   * Whether the client gets the vendor's own frames, which have words of their own for an answer
   * that failed.
   */
  readonly passes: boolean;
}

/**
 * Decodes a vendor's frames into events, one piece for each chunk. Events before the first content
 * come with it, in one piece.
 */
export function createEventReader({
  decoder,
  callId,
  model,
  passes,
}: EventSource): StreamReader<Piece> {
  let state = decoder.begin(model);
  const used = createUsageReader();
  let fault: Fault | undefined;
  /** How the answer failed, while its usage is still to come: some vendors tell it last. */
  let failing: Fault | undefined;
  /** Undefined once there was content. */
  let held: Event[] | undefined = [];
  let openingBytes = 0;
  const characters = createCharacterJoiner();
  const calls = createToolCallSettler();
  const take = (decoded: readonly Event[]): readonly Event[] => {
    const events = nameToolCalls(calls.settle(characters.join(decoded)), callId);
    for (const { event } of events) used.note(event);
    if (passes) return events;
    const at = failing === undefined ? events.findIndex(fails) : 0;
    if (at === -1) return events;
    failing ??= failureOf(events[at]);
    if (used.usage() !== undefined) fault ??= failing;
    return events.slice(0, at);
  };
  /** Holds what comes before the first content, within the bound. */
  const hold = (
    waiting: Event[],
    frames: readonly RawFrame[],
    events: readonly Event[],
  ): Piece | undefined => {
    for (const event of events) waiting.push(event);
    if (events.some(bringsContent) || decoder.begun?.(state) === true) {
      held = undefined;
      return { events: waiting };
    }
    for (const { raw } of frames) openingBytes += Math.max(raw.length, MIN_FRAME_BYTES);
    if (openingBytes > MAX_OPENING_BYTES) fault ??= outgrown;
    return undefined;
  };
  return {
    read: (frames) => {
      const decoded: Event[] = [];
      for (const frame of frames) {
        if (isTorn(frame)) continue;
        const step = decoder.decodeEvent(state, frame);
        if (!step.ok) {
          fault = step.fault;
          break;
        }
        state = step.state;
        for (const event of step.events) decoded.push(event);
      }
      const events = take(decoded);
      if (held !== undefined) return hold(held, frames, events);
      return events.length === 0 ? undefined : { events: events };
    },
    end: () => {
      const last = decoder.end(state);
      if (!last.ok) {
        fault = failing ?? last.fault;
        return undefined;
      }
      const events = [...(held ?? []), ...take(last.value), ...nameToolCalls(calls.end(), callId)];
      fault ??= failing;
      if (fault !== undefined) return undefined;
      return events.length === 0 ? undefined : { events };
    },
    fault: () => fault,
    usage: used.usage,
    model: used.model,
  };
}

/** Reads what an answer took, by which model, and the tier of service that it is billed in. */
function createUsageReader() {
  let usage: Usage | undefined;
  let tier = "";
  let model = "";
  return {
    note: (event: Event["event"]): void => {
      if (event.case === "usage") usage = mergeUsage(usage, event.value);
      else if (event.case === "messageStart") {
        tier = event.value.serviceTier || tier;
        model = event.value.model || model;
      }
    },
    model: () => model,
    usage: () => withTier(usage, tier),
  };
}

function fails(event: Event): boolean {
  return failureOf(event) !== undefined;
}

function failureOf(event: Event | undefined): Fault | undefined {
  return event?.event.case === "finish" ? finishFault(event.event.value) : undefined;
}

const outgrown = malformed("the provider sent more than 16 MiB before its first content");
