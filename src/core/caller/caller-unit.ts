import { isMessage } from "@bufbuild/protobuf";
import { ChatSchema } from "../../../gen/parlance/chat/v1/chat_pb.js";
import { objectAt, stringAt } from "../../json/json.ts";
import type { Call } from "../call.ts";

/** The parts of a call that say whom it is for. */
export type UnitCall = Pick<Call, "header" | "origin" | "request">;

/**
 * The end user that a call is for: `safety_identifier`, else `user`, or `metadata.user_id` of
 * Anthropic's API, else one of LiteLLM's headers. Undefined: it names none. A body that passes is
 * not decoded for it.
 */
export function userOf({ header, origin, request }: UnitCall): string | undefined {
  let user: string | undefined;
  if (origin !== undefined) {
    const { json } = origin;
    const metadata = objectAt(json, "metadata") ?? {};
    user =
      text(stringAt(json, "safety_identifier")) ??
      text(stringAt(json, "user")) ??
      text(stringAt(metadata, "user_id"));
  } else {
    const message = request.message();
    if (isMessage(message, ChatSchema)) user = text(message.safetyIdentifier) ?? text(message.user);
  }
  return user ?? text(header("x-litellm-end-user-id")) ?? text(header("x-litellm-customer-id"));
}

/**
 * The session that a call is part of: the header `x-parlance-session` or LiteLLM's, else
 * `litellm_session_id` or `metadata.session_id` of the body, else `prompt_cache_key`. Undefined: it
 * names none. A body that passes is not decoded for it.
 */
export function sessionOf({ header, origin, request }: UnitCall): string | undefined {
  const named = text(header("x-parlance-session")) ?? text(header("x-litellm-session-id"));
  if (named !== undefined) return named;
  if (origin !== undefined) {
    const { json, session } = origin;
    const metadata = objectAt(json, "metadata") ?? {};
    return (
      text(session) ??
      text(stringAt(metadata, "session_id")) ??
      text(stringAt(json, "prompt_cache_key"))
    );
  }
  const message = request.message();
  if (!isMessage(message, ChatSchema)) return undefined;
  return text(message.metadata.session_id) ?? text(message.promptCacheKey);
}

function text(value: string | undefined): string | undefined {
  return value === "" ? undefined : value;
}
