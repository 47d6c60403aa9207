import type { Chat } from "../../../gen/parlance/chat/v1/chat_pb.js";
import type { Decoded, Encoded } from "../../core/dialect.ts";
import { malformed } from "../../core/faults/fault.ts";
import { createReport, reportDeclined } from "../../core/fidelity/encode-report.ts";
import { servedModel } from "../../core/served-model.ts";
import { intAt, isObject, type Json } from "../../json/json.ts";
import type { Body } from "../../json/members.ts";
import { writeJson } from "../../json/write.ts";
import { countCodec } from "../shared/json-codec.ts";
import { chatFidelity } from "./fidelity.ts";
import { modelTraits } from "./vendor/model-traits.ts";
import { addExtras, addPrompt } from "./vendor/request.ts";
import { type ConverseOptions, wireRequest } from "./wire.ts";

/** Members that bear on a prompt; the vendor refuses all others. */
const COUNTED = ["messages", "system", "toolConfig", "additionalModelRequestFields"] as const;

/**
 * Asks the vendor for the tokens of a prompt. It takes base models that can count, and no ARNs of
 * profiles. See
 * https://docs.aws.amazon.com/bedrock/latest/APIReference/API_runtime_CountTokens.html.
 */
export const countTokens = countCodec({
  encodeRequest: encodeCountRequest,
  decodeResponse: decodeCountResponse,
});

function encodeCountRequest(chat: Chat, options: ConverseOptions): Decoded<Encoded> {
  const report = createReport(chatFidelity);
  const traits = modelTraits(servedModel(options), options.quirks);
  const body: Body = {};
  const plan = addPrompt(body, chat, traits, report);
  if (Object.keys(plan.fields).length > 0) body.additionalModelRequestFields = plan.fields;
  addExtras(body, chat.extrasJson, report);
  reportDeclined(report, chat);
  if (report.fault !== undefined) return { ok: false, fault: report.fault };
  const converse: Body = {};
  for (const member of COUNTED) if (body[member] !== undefined) converse[member] = body[member];
  const request = wireRequest(options.model, "count-tokens", writeJson({ input: { converse } }));
  return { ok: true, value: { request, report: report.entries } };
}

function decodeCountResponse(json: Json): Decoded<number> {
  const count = isObject(json) ? intAt(json, "inputTokens") : undefined;
  if (count === undefined || count < 0) {
    return { ok: false, fault: malformed("the vendor's answer tells no inputTokens") };
  }
  return { ok: true, value: count };
}
