import { create } from "@bufbuild/protobuf";
import { describe, expect, it } from "vitest";
import { type Event, EventSchema } from "../../gen/parlance/chat/v1/event_pb.js";
import { nameToolCalls } from "../../src/events/name-tool-calls.ts";

function start(id: string, part: number): Event {
  return create(EventSchema, { event: { case: "toolCallStart", value: { part, id, name: "f" } } });
}

function whole(id: string, part: number): Event {
  const content = { content: { case: "toolCall", value: { id, name: "f" } } } as const;
  return create(EventSchema, { event: { case: "partWhole", value: { part, content } } });
}

describe("tool calls without an id", () => {
  it("get one of their own each", () => {
    const named = nameToolCalls([start("", 0), whole("", 1), start("given", 2)], "c1");
    expect(named).toEqual([start("call_c1_0_0", 0), whole("call_c1_0_1", 1), start("given", 2)]);
  });

  it("are named in a copy", () => {
    const event = whole("", 0);
    nameToolCalls([event], "c1");
    expect(event).toEqual(whole("", 0));
  });

  it("are looked for without touching the rest", () => {
    const events = [start("a", 0), whole("b", 1)];
    expect(nameToolCalls(events, "c1")).toBe(events);
  });
});
