import { create } from "@bufbuild/protobuf";
import { type Chat, ChatSchema } from "../../../gen/parlance/chat/v1/chat_pb.js";
import { MessageSchema, Role } from "../../../gen/parlance/chat/v1/message_pb.js";
import { ErrorReason } from "../../../gen/parlance/error/v1/error_reason_pb.js";
import { attempt, withRequest } from "../../../src/core/attempt.ts";
import type { Call, Handler, Piece } from "../../../src/core/call.ts";
import type { Stage } from "../../../src/core/compose.ts";
import { GatewayError } from "../../../src/core/faults/gateway-error.ts";
import { expectMessage } from "../../../src/core/operation.ts";
import { piecesOf, rewriteReply } from "../../../src/core/reply/rewrite-reply.ts";

/** Has a stream that breaks off finished by a second attempt, which is shown what was said. */
export const continuation: Stage = {
  name: "continuation",
  sees: "rewrites",
  layer: (next) => (call) =>
    rewriteReply(
      call,
      (inside) => attempt(inside, next),
      (pieces) => continuing(call, next, pieces),
    ),
};

async function* continuing(call: Call, next: Handler, pieces: AsyncIterable<Piece>) {
  let said = "";
  try {
    for await (const piece of pieces) {
      for (const { event } of piece.events)
        if (event.case === "textDelta") said += event.value.text;
      yield piece;
    }
  } catch (error) {
    if (!isCut(error)) throw error;
    const { body } = await attempt(withRequest(call, continued(call, said)), next);
    for await (const { events } of piecesOf(body, call.request.operation))
      yield { events: events.filter(({ event }) => event.case !== "messageStart") };
  }
}

function isCut(error: unknown): boolean {
  return error instanceof GatewayError && error.fault.reason === ErrorReason.UPSTREAM_CUT;
}

function continued({ request }: Call, said: string): Call["request"] {
  const chat = expectMessage(request.message(), ChatSchema);
  const messages = [...chat.messages, say(Role.ASSISTANT, said), say(Role.USER, "Go on.")];
  return { ...request, message: () => ({ ...chat, messages }) };
}

function say(role: Role, text: string): Chat["messages"][number] {
  return create(MessageSchema, { role, parts: [{ content: { case: "text", value: { text } } }] });
}
