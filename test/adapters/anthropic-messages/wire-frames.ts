import type { Completion } from "../../../gen/parlance/chat/v1/completion_pb.js";
import type { Event } from "../../../gen/parlance/chat/v1/event_pb.js";
import {
  anthropicMessages as anthropicMessagesDialect,
  anthropicMessagesFacade as anthropicMessagesFacadeOriginal,
} from "../../../src/adapters/anthropic-messages/index.ts";
import type { Decoded, FacadeContext, Frame } from "../../../src/core/dialect.ts";
import { collect } from "../../../src/events/collect.ts";
import { asBuffer } from "../../../src/json/json.ts";
import { clientSide, vendorSide } from "../sides.ts";

const anthropicMessages = vendorSide(anthropicMessagesDialect);
const anthropicMessagesFacade = clientSide(anthropicMessagesFacadeOriginal);

/** A call's context for facades. */
export const context: FacadeContext = {
  model: "alias",
  nowUnixS: 1,
  callId: "call-1",
  wantsUsage: true,
};

/** A frame with an event name and JSON data. */
export function frame(event: string, json: unknown): Frame {
  return { event, data: Buffer.from(JSON.stringify(json)) };
}

/** The frames of a stream text, one for each event. */
export function framesOf(text: string): Frame[] {
  return text
    .split("\n\n")
    .filter((block) => block !== "")
    .map((block) => {
      const lines = block.split("\n");
      const event = lines.find((line) => line.startsWith("event: "))?.slice(7) ?? "";
      const data = lines.filter((line) => line.startsWith("data: ")).map((line) => line.slice(6));
      return { event, data: Buffer.from(data.join("\n")) };
    });
}

/** The JSON of each frame of a stream text. */
export function jsonOf(frames: readonly Frame[]): unknown[] {
  return frames.map(({ data }) => JSON.parse(asBuffer(data).toString("utf8")));
}

/** All events of a stream, or the first fault. */
export function decodeFrames(frames: readonly Frame[]): Decoded<Event[]> {
  let state = anthropicMessages.begin();
  const events: Event[] = [];
  for (const each of frames) {
    const step = anthropicMessages.decodeEvent(state, each);
    if (!step.ok) return step;
    state = step.state;
    events.push(...step.events);
  }
  const last = anthropicMessages.end(state);
  return last.ok ? { ok: true, value: [...events, ...last.value] } : last;
}

/** The stream text that a client of the facade gets. */
export function encodeEvents(events: readonly Event[]): string {
  let state = anthropicMessagesFacade.begin(context);
  let text = "";
  for (const event of events) {
    const [next, frames] = anthropicMessagesFacade.encodeEvent(state, event);
    state = next;
    text += frames.join("");
  }
  return text + anthropicMessagesFacade.encodeEnd(state).join("");
}

/** The value, or an error with the fault. */
export function unwrap<T>(decoded: Decoded<T>): T {
  if (decoded.ok) return decoded.value;
  throw new Error(`${decoded.fault.reason}: ${decoded.fault.message}`);
}

/** The answer that frames fold to. */
export function foldFrames(frames: readonly Frame[]): Completion {
  return collect(unwrap(decodeFrames(frames)));
}
