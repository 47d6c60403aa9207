import { type Chat, ChatSchema } from "../../gen/parlance/chat/v1/chat_pb.js";
import { FinishReason } from "../../gen/parlance/chat/v1/completion_pb.js";
import type { Event } from "../../gen/parlance/chat/v1/event_pb.js";
import { type Message, Role } from "../../gen/parlance/chat/v1/message_pb.js";
import type { Part } from "../../gen/parlance/chat/v1/part_pb.js";
import type { Settings } from "../config/settings.ts";
import type { Call, Layer } from "../core/call.ts";
import type { Stage } from "../core/compose.ts";
import { GatewayError } from "../core/faults/gateway-error.ts";
import { boundContent, firstBytes, type SaidMessage } from "../core/ledger/call-content.ts";
import { chat, expectMessage } from "../core/operation.ts";
import { watchReply } from "../core/reply/watch-reply.ts";

/**
 * The stage that keeps what is said in a call for the sinks and the spans that are to have it;
 * undefined where none is. It never fails a call.
 */
export function recordContentPolicy({ sinks, tracing }: Settings): Stage | undefined {
  const maxBytes = Math.max(
    tracing?.contentBytes ?? 0,
    ...sinks.map(({ contentBytes }) => contentBytes),
  );
  if (maxBytes === 0) return undefined;
  return {
    name: "content",
    sees: (call) => (isChat(call) ? "events" : "usage"),
    layer: recordContent(maxBytes),
  };
}

function isChat({ request }: Call): boolean {
  return request.operation === chat;
}

/** The prompt and the answer have so many bytes each. */
function recordContent(maxBytes: number): Layer {
  return (next) => async (call) => {
    if (!isChat(call)) return next(call);
    const answer = new BoundedText(maxBytes);
    let finish: string | undefined;
    call.life.atEnd(() => {
      const said = { messages: saidIn(call), answer: answer.text, finish, cut: answer.cut };
      call.trace.said(boundContent(said, maxBytes));
    });
    return watchReply(await next(call), call.request.operation, ({ events }) => {
      for (const event of events) {
        answer.add(textOfEvent(event));
        finish = finishOf(event) ?? finish;
      }
    });
  };
}

/** A text that takes no more than so many bytes. */
class BoundedText {
  text = "";
  cut = false;
  #left: number;

  constructor(maxBytes: number) {
    this.#left = maxBytes;
  }

  add(text: string): void {
    if (text === "" || this.cut) return;
    const bytes = Buffer.byteLength(text);
    this.cut = bytes > this.#left;
    this.text += this.cut ? firstBytes(text, this.#left) : text;
    this.#left -= bytes;
  }
}

/** The text of the first choice, and the tools that it calls. */
function textOfEvent({ event }: Event): string {
  switch (event.case) {
    case "textDelta":
    case "refusalDelta":
      return event.value.choice === 0 ? event.value.text : "";
    case "toolCallStart":
      return event.value.choice === 0 ? `\n[calls ${event.value.name}] ` : "";
    case "toolCallDelta":
      return event.value.choice === 0 ? event.value.input : "";
    case "messageStart":
    case "reasoningDelta":
    case "audioDelta":
    case "partWhole":
    case "citationAdd":
    case "partEnd":
    case "logprobsDelta":
    case "finish":
    case "usage":
    case "extrasSet":
    case "ping":
    case "continued":
    case undefined:
      return "";
  }
}

/** Why the first choice ended; undefined where the event does not say. */
function finishOf({ event }: Event): string | undefined {
  if (event.case !== "finish" || event.value.choice !== 0) return undefined;
  const { reason } = event.value;
  return reason === FinishReason.UNSPECIFIED ? undefined : FinishReason[reason]?.toLowerCase();
}

/** The messages of a prompt as texts. */
function saidIn(call: Call): readonly SaidMessage[] {
  return messagesOf(call).map((message) => ({
    role: (Role[message.role] ?? "").toLowerCase(),
    text: textOfMessage(message),
  }));
}

/** What cannot be read was refused for that. */
function messagesOf({ request }: Call): Chat["messages"] {
  try {
    return expectMessage(request.message(), ChatSchema).messages;
  } catch (error) {
    if (error instanceof GatewayError) return [];
    throw error;
  }
}

function textOfMessage({ text, parts }: Message): string {
  return text === "" ? parts.map(textOfPart).join("\n") : text;
}

/** A text as it is; of anything else, what it is. */
function textOfPart({ content }: Part): string {
  switch (content.case) {
    case "text":
    case "refusal":
      return content.value.text;
    case "toolCall":
      return `[calls ${content.value.name}]`;
    case "toolResult":
      return content.value.content.map(textOfPart).join("\n");
    case "image":
    case "audio":
    case "video":
    case "document":
    case "reasoning":
    case "opaque":
      return `[${content.case}]`;
    case undefined:
      return "";
  }
}
