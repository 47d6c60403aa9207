import { create } from "@bufbuild/protobuf";
import { ChatSchema } from "../../gen/parlance/chat/v1/chat_pb.js";
import type { Check } from "../core/check.ts";
import { GatewayError } from "../core/gateway-error.ts";

/** Compiles the rules of a chat, which takes tens of milliseconds, so that the first typed call does not wait for it. */
export function warmUp(check: Check): void {
  try {
    check(ChatSchema, create(ChatSchema), "");
  } catch (error) {
    // An empty chat breaks the rules, which is how one sees that they are there.
    if (!(error instanceof GatewayError)) throw error;
  }
}
