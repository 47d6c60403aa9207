import type { Usage } from "../../../gen/parlance/chat/v1/usage_pb.js";
import type { FrameWatch, Passthrough } from "../../core/dialect.ts";
import type { OperationName } from "../../core/operation.ts";
import type { WireRequest } from "../../core/wire-request.ts";
import { isObject, parseJson } from "../../json/json.ts";
import type { JsonText } from "../../json/json-text.ts";
import { findLastMember } from "../../json/tail.ts";
import { postJson } from "../shared/post-json.ts";
import { decodeUsage } from "./embed-response.ts";
import { EMBED_PATH } from "./wire.ts";

/** The byte path: bodies go out as they came, for they name no model. There are no streams. */
export const passthrough: Passthrough<Readonly<Record<string, unknown>>> = {
  request,
  scanUsage,
  watch,
};

function request(_operation: OperationName, body: Uint8Array): WireRequest {
  return postJson(EMBED_PATH, body);
}

function scanUsage(_operation: OperationName, { bytes }: JsonText): Usage | undefined {
  const member = findLastMember(bytes, "usage");
  const parsed =
    member === undefined
      ? undefined
      : parseJson(bytes.subarray(member.valueStart, member.valueEnd));
  return parsed?.ok === true && isObject(parsed.value) ? decodeUsage(parsed.value) : undefined;
}

function watch(): FrameWatch {
  return { see: () => ({ forward: true }), ended: () => true, missingEnd: () => "" };
}
