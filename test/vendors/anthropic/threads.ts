import { asArray, asObject, asString, type Json, type JsonObject } from "../json-value.ts";
import type { VendorReply } from "../vendor-reply.ts";
import { errorReply } from "./error-reply.ts";

/** Conversations that the vendor keeps, by the ids of its replies. */
export interface Threads {
  /**
   * The request with all that its thread holds; the reply of a thread that is not kept. See
   * https://platform.claude.com/docs/en/build-with-claude/message-threads (2026-11).
   */
  resume(body: JsonObject, ordinal: number): { readonly body: JsonObject } | VendorReply;
  /** Keeps a conversation with its reply, where the request asks for that. */
  keep(body: JsonObject, whole: JsonObject, reply: JsonObject): void;
}

/** Makes a store of threads. */
export function createThreads(): Threads {
  const kept = new Map<string, JsonObject>();
  return {
    resume(body, ordinal) {
      const thread = asObject(body.thread);
      if (thread?.type !== "continue") return { body };
      const before = kept.get(asString(thread.previous_message_id) ?? "");
      if (before === undefined)
        return errorReply(404, "not_found_error", "thread not found", ordinal);
      const repeated = ["system", "tools"].find((name) => body[name] !== undefined);
      if (repeated !== undefined)
        return errorReply(
          400,
          "invalid_request_error",
          `${repeated}: the thread was created with it`,
          ordinal,
        );
      const messages: Json[] = [...asArray(before.messages), ...asArray(body.messages)];
      return { body: { ...before, ...body, messages } };
    },
    keep(body, whole, reply) {
      if (body.thread === undefined) return;
      const said = { role: "assistant", content: asArray(reply.content) };
      kept.set(asString(reply.id) ?? "", {
        ...(whole.system === undefined ? {} : { system: whole.system }),
        ...(whole.tools === undefined ? {} : { tools: whole.tools }),
        messages: [...asArray(whole.messages), said],
      });
    },
  };
}
