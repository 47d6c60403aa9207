import type { Chat } from "../../../gen/parlance/chat/v1/chat_pb.js";
import type { Decoded, Encoded } from "../../core/dialect.ts";
import { malformed } from "../../core/faults/fault.ts";
import { createReport } from "../../core/fidelity/encode-report.ts";
import { intAt, isObject, type Json } from "../../json/json.ts";
import type { Body } from "../../json/members.ts";
import { writeJson } from "../../json/write.ts";
import { countCodec } from "../shared/json-codec.ts";
import { postJson } from "../shared/post-json.ts";
import { arranged } from "../turns/arrange-turns.ts";
import { chatFidelity } from "./fidelity.ts";
import { turnRules } from "./turn-rules.ts";
import { encodeBody } from "./vendor/request.ts";
import { type GeminiOptions, isVertex, methodPath, resourceName } from "./wire.ts";

/**
 * Asks the vendor for the tokens of a prompt, tools and instructions included: at Google AI Studio
 * a whole call is counted, at Vertex AI those of its members that make up the prompt. See
 * https://ai.google.dev/api/tokens and
 * https://cloud.google.com/vertex-ai/generative-ai/docs/model-reference/count-tokens.
 */
export const countTokens = countCodec({
  encodeRequest: arranged(turnRules, encodeCountRequest),
  decodeResponse: decodeCountResponse,
});

function encodeCountRequest(chat: Chat, options: GeminiOptions): Decoded<Encoded> {
  const report = createReport(chatFidelity);
  const body = encodeBody(chat, options, report);
  if (report.fault !== undefined) return { ok: false, fault: report.fault };
  const counted = isVertex(options)
    ? promptOf(body)
    : { generateContentRequest: { model: resourceName(options.model), ...body } };
  const request = postJson(methodPath(options, "countTokens"), writeJson(counted));
  return { ok: true, value: { request, report: report.entries } };
}

function promptOf(body: Body): Body {
  return Object.fromEntries(
    PROMPT.flatMap((key) => (body[key] === undefined ? [] : [[key, body[key]]])),
  );
}

const PROMPT: readonly string[] = ["contents", "systemInstruction", "tools", "generationConfig"];

function decodeCountResponse(json: Json): Decoded<number> {
  const count = isObject(json) ? intAt(json, "totalTokens") : undefined;
  if (count === undefined || count < 0) {
    return { ok: false, fault: malformed("the vendor's answer tells no totalTokens") };
  }
  return { ok: true, value: count };
}
