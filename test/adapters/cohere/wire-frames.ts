import type { Completion } from "../../../gen/parlance/chat/v1/completion_pb.js";
import type { Event } from "../../../gen/parlance/chat/v1/event_pb.js";
import {
  cohere as cohereDialect,
  cohereFacade as cohereFacadeOriginal,
} from "../../../src/adapters/cohere/index.ts";
import type { Decoded, Frame } from "../../../src/core/dialect.ts";
import { collect } from "../../../src/events/collect.ts";
import { isObject, type JsonObject, parseJson } from "../../../src/json/json.ts";
import { createSseParser } from "../../../src/upstream/framing/sse.ts";
import { clientSide, vendorSide } from "../sides.ts";

const cohere = vendorSide(cohereDialect);
const cohereFacade = clientSide(cohereFacadeOriginal);

/** What a facade knows of a call. */
export const context = { model: "asked", nowUnixS: 1, callId: "c", wantsUsage: true };

/** The value, or a failed test. */
export function unwrap<T>(decoded: Decoded<T>): T {
  if (!decoded.ok) throw new Error(decoded.fault.message);
  return decoded.value;
}

/** A JSON object out of its text. */
export function objectOf(text: string | Uint8Array): JsonObject {
  const parsed = parseJson(text);
  if (!parsed.ok || !isObject(parsed.value)) throw new Error("not an object");
  return parsed.value;
}

/** The text of a stream of events, as a client gets it. */
export function encodeEvents(events: readonly Event[]): string {
  let state = cohereFacade.begin(context);
  let text = "";
  for (const event of events) {
    const [next, frames] = cohereFacade.encodeEvent(state, event);
    state = next;
    text += frames.join("");
  }
  return text + cohereFacade.encodeEnd(state).join("");
}

/** The frames of a text. */
export function framesOf(text: string): readonly Frame[] {
  const parser = createSseParser();
  return [...parser.push(Buffer.from(text)), ...parser.end()];
}

/** The events of frames. */
export function decodeFrames(frames: readonly Frame[]): Decoded<readonly Event[]> {
  let state = cohere.begin();
  const events: Event[] = [];
  for (const frame of frames) {
    const step = cohere.decodeEvent(state, frame);
    if (!step.ok) return step;
    state = step.state;
    events.push(...step.events);
  }
  const last = cohere.end(state);
  return last.ok ? { ok: true, value: [...events, ...last.value] } : last;
}

/** The answer of a stream's text. */
export function foldText(text: string): Completion {
  return collect(unwrap(decodeFrames(framesOf(text))));
}
