import { isMessage } from "@bufbuild/protobuf";
import type { FieldReport } from "../../../gen/parlance/call/v1/call_report_pb.js";
import { ChatSchema } from "../../../gen/parlance/chat/v1/chat_pb.js";
import { ErrorReason } from "../../../gen/parlance/error/v1/error_reason_pb.js";
import { attemptOf, wireOutletOf, withRequest } from "../../core/attempt.ts";
import type { Call, Handler, Layer, Reply } from "../../core/call.ts";
import { type Plan, refusable, type Stage } from "../../core/compose.ts";
import type { Fault } from "../../core/faults/fault.ts";
import { GatewayError } from "../../core/faults/gateway-error.ts";
import { lossFault } from "../../core/fidelity/loss-policy.ts";
import { rewriteReply } from "../../core/reply/rewrite-reply.ts";
import { readJson } from "./json/read-json.ts";
import { type JsonRequest, requestJson } from "./json/request-json.ts";

/** The stage of the layer below. */
export function jsonAnswersPolicy(): Stage {
  return { name: "json_answers", layer: jsonAnswers(), plan: planJsonAnswers };
}

/**
 * For vendors that cannot be bound to the format of an answer: requests it by a tool or in the
 * prompt, and gives the JSON alone back as the text. An answer without any fails as
 * UPSTREAM_WRONG_FORM, for which the target is not left alone; where the caller has tools of its
 * own it is reported as dropped, as far as the report is not sent before, and fails if the call may
 * lose nothing. A call whose bytes pass is left alone.
 */
export function jsonAnswers(): Layer {
  return (next) => (call) => {
    const json = requestOf(call);
    return json === undefined ? next(call) : exchange(next, call, json);
  };
}

/** The call as it would be sent. */
export function planJsonAnswers(call: Call): Plan | undefined {
  const json = requestOf(call);
  if (json === undefined) return undefined;
  return { ...refusable(call, () => withJson(call, json)), report: json.entries };
}

/** Undefined where a call is sent as it is. */
function requestOf(call: Call): JsonRequest | undefined {
  const { passes, target } = attemptOf(call);
  const outlet = wireOutletOf(call);
  const decide = outlet?.dialect.emulation?.jsonAnswer;
  if (outlet === undefined || decide === undefined || passes) return undefined;
  const chat = call.request.message();
  if (!isMessage(chat, ChatSchema) || chat.responseFormat === undefined) return undefined;
  const means = decide(chat, target.baseModel ?? target.model, outlet.quirks);
  return means && requestJson(chat, means);
}

/** Throws FIDELITY_LOSS where the call may lose nothing and the schema would not be enforced. */
function withJson(call: Call, { chat, entries }: JsonRequest): Call {
  const { losses, target } = attemptOf(call);
  const loss = losses.strict ? lossFault(entries) : undefined;
  if (loss !== undefined) throw new GatewayError({ ...loss, provider: target.provider });
  return withRequest(call, { ...call.request, message: () => chat });
}

async function exchange(next: Handler, call: Call, json: JsonRequest): Promise<Reply> {
  const { tool, entries, inWords } = json;
  const { losses, target } = attemptOf(call);
  const found: FieldReport[] = [];
  const onWords = (): void => {
    const loss = losses.strict && inWords !== undefined ? lossFault([inWords]) : undefined;
    if (inWords === undefined || loss !== undefined)
      throw new GatewayError({ ...(loss ?? notJson), provider: target.provider });
    found.push(inWords);
  };
  const reply = await rewriteReply(withJson(call, json), next, (pieces) =>
    readJson(pieces, { tool, onWords }),
  );
  return { ...reply, report: [...entries, ...found, ...reply.report] };
}

const notJson: Fault = {
  reason: ErrorReason.UPSTREAM_WRONG_FORM,
  message: "the model answered in words where JSON was requested; try again",
};
