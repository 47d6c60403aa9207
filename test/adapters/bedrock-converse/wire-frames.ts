import type { Completion } from "../../../gen/parlance/chat/v1/completion_pb.js";
import type { Event } from "../../../gen/parlance/chat/v1/event_pb.js";
import { bedrockConverse as bedrockConverseDialect } from "../../../src/adapters/bedrock-converse/index.ts";
import type { Decoded, Frame } from "../../../src/core/dialect.ts";
import { collect } from "../../../src/events/collect.ts";
import { createEventStreamParser } from "../../../src/upstream/framing/event-stream.ts";
import { printEvent, printException } from "../../upstream/print-event-stream.ts";
import { vendorSide } from "../sides.ts";
import { unwrap } from "./encode-chat.ts";

const bedrockConverse = vendorSide(bedrockConverseDialect);

/** A step of a stream: its type and its JSON; a type that begins with "!" is an exception. */
export type WireStep = readonly [type: string, json: unknown];

/** The bytes of a stream as the vendor sends them. */
export function printStream(steps: readonly WireStep[]): Buffer {
  return Buffer.concat(
    steps.map(([type, json]) =>
      type.startsWith("!") ? printException(type.slice(1), json) : printEvent(type, json),
    ),
  );
}

/** The frames of a stream, read from its bytes. */
export function framesOf(steps: readonly WireStep[]): readonly Frame[] {
  const parser = createEventStreamParser();
  return [...parser.push(printStream(steps)), ...parser.end()];
}

/** All events of a stream, or the first fault. */
export function decodeFrames(frames: readonly Frame[]): Decoded<Event[]> {
  let state = bedrockConverse.begin();
  const events: Event[] = [];
  for (const frame of frames) {
    const step = bedrockConverse.decodeEvent(state, frame);
    if (!step.ok) return step;
    state = step.state;
    events.push(...step.events);
  }
  const last = bedrockConverse.end(state);
  return last.ok ? { ok: true, value: [...events, ...last.value] } : last;
}

/** The answer that a stream stands for. */
export function foldSteps(steps: readonly WireStep[]): Completion {
  return collect(unwrap(decodeFrames(framesOf(steps))));
}
