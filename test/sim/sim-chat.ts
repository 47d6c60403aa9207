import { create, type MessageInitShape } from "@bufbuild/protobuf";
import { type Chat, ChatSchema } from "../../gen/parlance/chat/v1/chat_pb.js";
import type { Event } from "../../gen/parlance/chat/v1/event_pb.js";
import { Role } from "../../gen/parlance/chat/v1/message_pb.js";
import type { PartSchema } from "../../gen/parlance/chat/v1/part_pb.js";
import { GatewayError } from "../../src/core/faults/gateway-error.ts";
import { Life } from "../../src/core/life.ts";
import type { Sim } from "../../src/sim/sim.ts";
import { createHastyClock } from "./hasty-clock.ts";

type PartInit = MessageInitShape<typeof PartSchema>;

/** A part of text. */
export function text(value: string): PartInit {
  return { content: { case: "text", value: { text: value } } };
}

/** A request of one user message, and whatever else is given. */
export function ask(
  parts: string | PartInit[],
  more: Partial<MessageInitShape<typeof ChatSchema>> = {},
): Chat {
  const said = typeof parts === "string" ? [text(parts)] : parts;
  return create(ChatSchema, {
    model: "sim/echo",
    messages: [{ role: Role.USER, parts: said }],
    ...more,
  } as MessageInitShape<typeof ChatSchema>);
}

/** All that came of a call: its events, and the fault that ended it. */
export async function play(
  sim: Sim,
  chat: Chat,
  model: string,
  stream = true,
  life = new Life(createHastyClock()),
) {
  const events: Event[] = [];
  try {
    for await (const event of sim.complete(chat, { model, stream, life })) events.push(event);
    return { events, fault: undefined };
  } catch (error) {
    if (!(error instanceof GatewayError)) throw error;
    return { events, fault: error.fault };
  }
}
