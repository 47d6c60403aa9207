import type { Chat } from "../../../gen/parlance/chat/v1/chat_pb.js";
import type { Decoded, Encoded } from "../../core/dialect.ts";
import { malformed } from "../../core/faults/fault.ts";
import { createReport } from "../../core/fidelity/encode-report.ts";
import { servedModel } from "../../core/served-model.ts";
import { intAt, isObject, type Json } from "../../json/json.ts";
import type { Body } from "../../json/members.ts";
import { writeJson } from "../../json/write.ts";
import { countClient, countCodec } from "../shared/json-codec.ts";
import { decodePrompt } from "./client/request.ts";
import { chatFidelity } from "./fidelity.ts";
import { modelTraits } from "./vendor/model-traits.ts";
import { addExtras, addPrompt } from "./vendor/request.ts";
import { COUNT_PATH, type MessagesOptions, wireRequest } from "./wire.ts";

/** Members of a chat's extras that count_tokens takes too; it refuses all others. */
const COUNTED: ReadonlySet<string> = new Set([
  "context_management",
  "mcp_servers",
  "speed",
  "thinking",
]);

/**
 * Asks the vendor for the tokens of a prompt. See
 * https://platform.claude.com/docs/en/api/messages-count-tokens.
 */
export const countTokens = countCodec({
  encodeRequest: encodeCountRequest,
  decodeResponse: decodeCountResponse,
});

/** A client asks us for the tokens of a prompt. */
export const countTokensFacade = countClient({
  decodeRequest: (json, body) => decodePrompt(json, body),
  encodeResponse: (inputTokens) => JSON.stringify({ input_tokens: inputTokens }),
});

function encodeCountRequest(chat: Chat, options: MessagesOptions): Decoded<Encoded> {
  const report = createReport(chatFidelity);
  const traits = modelTraits(servedModel(options), options.quirks);
  const body: Body = { model: options.model };
  addPrompt(body, chat, traits, report);
  const extras: Body = {};
  const betas = addExtras(extras, chat, report);
  for (const key of Object.keys(extras)) if (COUNTED.has(key)) body[key] = extras[key];
  if (report.fault !== undefined) return { ok: false, fault: report.fault };
  const entries = report.entries.filter(({ field }) => field !== "max_output_tokens");
  return {
    ok: true,
    value: { request: wireRequest(COUNT_PATH, writeJson(body), betas), report: entries },
  };
}

function decodeCountResponse(json: Json): Decoded<number> {
  const count = isObject(json) ? intAt(json, "input_tokens") : undefined;
  if (count === undefined || count < 0)
    return { ok: false, fault: malformed("the vendor's answer tells no input_tokens") };
  return { ok: true, value: count };
}
