import { isMessage } from "@bufbuild/protobuf";
import { EmbedSpecSchema } from "../../../gen/parlance/embed/v1/embedding_pb.js";
import { withRequest } from "../../core/attempt.ts";
import type { Call } from "../../core/call.ts";
import { tagsOf } from "../../core/caller/tags-of.ts";
import { mapContent } from "../../core/guard/map-content.ts";
import type { RequestMessage } from "../../core/operation.ts";
import { decodeUtf8 } from "../../json/json.ts";
import { repeatsMembers } from "../../json/repeated-members.ts";
import type { Check } from "./check.ts";
import { checkContent } from "./check-content.ts";
import type { Placeholders } from "./placeholders.ts";

/**
 * The call as checks of its request leave it: the same where nothing is replaced, and where all
 * that its bytes say was looked at. Rejects with a GatewayError where it may not go on.
 */
export async function guardRequest(
  call: Call,
  checks: readonly Check[],
  placeholders: Placeholders,
): Promise<Call> {
  if (checks.length === 0) return call;
  const { operation } = call.request;
  const message = call.request.message();
  for (const check of checks) if (hasUnreadable(message)) refuseUnreadable(check);
  if (checks.some(({ replaces }) => replaces))
    mapContent(operation.request, message, "input", (text) => {
      placeholders.reserve(text);
      return text;
    });
  const checked = await checkContent(checks, operation.request, message, "input");
  if (checked === message && !hasUnplaced(call)) return call;
  const request = { ...call.request, message: () => checked };
  return { ...withRequest(call, request), addedTags: tagsOf(call) };
}

/**
 * Members that stand nowhere in the message, and the first of those that are written twice, cannot
 * be looked at: a request of its own lacks them.
 */
function hasUnplaced({ origin, request }: Call): boolean {
  if (origin === undefined) return false;
  const lacking = request.beside?.()?.members.some(({ extras }) => extras === undefined);
  if (lacking === true || origin.contentType !== undefined) return lacking === true;
  return repeatsMembers(decodeUtf8(origin.body) ?? "", origin.json);
}

/** Whether a request says something in tokens, which no guard can read. */
function hasUnreadable(message: RequestMessage): boolean {
  if (!isMessage(message, EmbedSpecSchema)) return false;
  return message.inputs.some(({ input }) => input.case === "tokens");
}

const unreadable = [{ start: 0, end: 0, kind: "TOKENS" }];

function refuseUnreadable(check: Check): void {
  if (!check.stages.has("input")) return;
  if (check.kind === "local") check.found(unreadable, "input", false);
  else if (check.holds) throw check.refusal("input");
}
