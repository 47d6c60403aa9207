import type { Completion } from "../../../gen/parlance/chat/v1/completion_pb.js";
import { CompletionSchema } from "../../../gen/parlance/chat/v1/completion_pb.js";
import type { Event } from "../../../gen/parlance/chat/v1/event_pb.js";
import type { Piece, Reply } from "../../core/call.ts";
import { expectMessage, type Operation } from "../../core/operation.ts";
import { watchReply } from "../../core/reply/watch-reply.ts";
import { type Collector, createCollector } from "../../events/collect.ts";

/** Characters of an answer, or bytes of a request, that are kept to compare. */
export const maxCompared = 1024 * 1024;

/** What an answer says, kept while it passes. */
export class AnswerWatch {
  #collector: Collector | undefined = createCollector();
  #size = 0;
  #whole: Extract<Reply["body"], { readonly kind: "whole" }> | undefined;

  /** Hands the reply on. A whole answer is not looked at before it is compared. */
  watch(reply: Reply, operation: Operation): Reply {
    const { body } = reply;
    if (body.kind === "whole") {
      this.#whole = body;
      return reply;
    }
    return watchReply(reply, operation, ({ events }: Piece) => {
      for (const event of events) this.#add(event);
    });
  }

  /** The answer; undefined where it is too long. */
  completion(): Completion | undefined {
    if (this.#whole !== undefined) return expectMessage(this.#whole.result(), CompletionSchema);
    return this.#collector?.completion();
  }

  #add(event: Event): void {
    this.#size += sizeOf(event);
    if (this.#size > maxCompared) this.#collector = undefined;
    this.#collector?.add(event);
  }
}

/** The characters of an event, but for those of parts that came whole, which are few. */
function sizeOf({ event }: Event): number {
  let size = 1;
  if (event.value === undefined) return size;
  for (const value of Object.values(event.value)) {
    if (typeof value === "string") size += value.length;
    else if (value instanceof Uint8Array) size += value.length;
  }
  return size;
}
