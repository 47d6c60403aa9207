import type { Event } from "../../gen/parlance/chat/v1/event_pb.js";
import type { Usage } from "../../gen/parlance/chat/v1/usage_pb.js";
import type { Dialect } from "./dialect.ts";
import type { Fault } from "./fault.ts";
import { mergeUsage } from "./merge-usage.ts";
import { nameToolCalls } from "./name-tool-calls.ts";
import { isTorn, type StreamReader } from "./stream-reader.ts";
import { createCharacterJoiner } from "./whole-characters.ts";

/** Reads the frames of a vendor whose model was asked as events of the contract: a batch for each chunk. */
export function createEventReader(dialect: Dialect, callId: string, model = ""): StreamReader<readonly Event[]> {
  let state = dialect.begin(model);
  let usage: Usage | undefined;
  let fault: Fault | undefined;
  const characters = createCharacterJoiner();
  const handOn = (decoded: readonly Event[]): readonly Event[] | undefined => {
    const events = nameToolCalls(characters.join(decoded), callId);
    for (const { event } of events) {
      if (event.case === "usage") usage = mergeUsage(usage, event.value);
    }
    return events.length === 0 ? undefined : events;
  };
  return {
    read: (frames) => {
      const events: Event[] = [];
      for (const frame of frames) {
        if (isTorn(frame)) continue;
        const step = dialect.decodeEvent(state, frame);
        if (!step.ok) {
          fault = step.fault;
          break;
        }
        state = step.state;
        for (const event of step.events) events.push(event);
      }
      return handOn(events);
    },
    end: () => {
      const last = dialect.end(state);
      if (last.ok) return handOn(last.value);
      fault = last.fault;
      return undefined;
    },
    fault: () => fault,
    usage: () => usage,
  };
}
