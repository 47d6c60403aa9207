import { create } from "@bufbuild/protobuf";
import { ChatSchema } from "../../gen/parlance/chat/v1/chat_pb.js";
import { Role } from "../../gen/parlance/chat/v1/message_pb.js";
import type { Check } from "../core/check.ts";

/**
 * Compiles the rules of a chat, which takes tens of milliseconds, so that the first typed call does
 * not wait for it.
 */
export function warmUp(check: Check): void {
  const text = { content: { case: "text", value: { text: "Hello" } } } as const;
  check(
    ChatSchema,
    create(ChatSchema, { model: "m", messages: [{ role: Role.USER, parts: [text] }] }),
    "",
  );
}
