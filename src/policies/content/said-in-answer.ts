import { isMessage, type Message, toJsonString } from "@bufbuild/protobuf";
import { FinishReason } from "../../../gen/parlance/chat/v1/completion_pb.js";
import type { Event } from "../../../gen/parlance/chat/v1/event_pb.js";
import { EmbedResultSchema } from "../../../gen/parlance/embed/v1/embedding_pb.js";
import type { Call, Reply } from "../../core/call.ts";
import { firstBytes } from "../../core/ledger/call-content.ts";
import { watchReply } from "../../core/reply/watch-reply.ts";

/** What an answer says, as far as it fits into so many bytes. */
export class SaidInAnswer {
  /** Why it ended; undefined: it broke off, or did not say. */
  finish: string | undefined;
  readonly #text: BoundedText;
  #whole: (() => string) | undefined;

  constructor(maxBytes: number) {
    this.#text = new BoundedText(maxBytes);
  }

  /** The reply, which is read as it passes; of an operation without a stream when it is wanted. */
  watch(reply: Reply, { request: { operation } }: Pick<Call, "request">): Reply {
    const { body } = reply;
    const read = (): string =>
      body.kind === "whole" ? textOfResult(body.result(), operation.result) : "";
    if (operation.stream === undefined) this.#whole = read;
    return watchReply(reply, operation, ({ events }) => {
      for (const event of events) {
        this.#text.add(textOfEvent(event));
        this.finish = finishOf(event) ?? this.finish;
      }
    });
  }

  get text(): string {
    const whole = this.#whole;
    this.#whole = undefined;
    if (whole !== undefined) this.#text.add(whole());
    return this.#text.text;
  }

  /** Whether something did not fit. */
  get cut(): boolean {
    return this.#text.cut;
  }
}

/** A result as JSON; of embeddings, which are numbers, how many there are. */
function textOfResult(result: Message, schema: Call["request"]["operation"]["result"]): string {
  if (isMessage(result, EmbedResultSchema)) return `[${result.embeddings.length} embeddings]`;
  return toJsonString(schema, result);
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
