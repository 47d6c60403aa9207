import type { Fault } from "../../../core/faults/fault.ts";
import { isObject, objectAt, parseJson, stringAt } from "../../../json/json.ts";
import { encodeError } from "../../openai-chat/client/error.ts";

/** The members of an error as clients of OpenAI's APIs read them. */
export interface ErrorMembers {
  readonly type: string;
  readonly code: string | null;
  readonly message: string;
  readonly param: string | null;
}

/** A fault as the body of an error reply, which is the same for all of the vendor's APIs. */
export function errorMembers(fault: Fault): ErrorMembers {
  const parsed = parseJson(encodeError(fault));
  const error = parsed.ok && isObject(parsed.value) ? (objectAt(parsed.value, "error") ?? {}) : {};
  return {
    type: stringAt(error, "type") ?? "server_error",
    code: stringAt(error, "code") ?? null,
    message: stringAt(error, "message") ?? fault.message,
    param: stringAt(error, "param") ?? null,
  };
}
