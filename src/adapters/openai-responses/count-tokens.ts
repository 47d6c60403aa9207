import type { Chat } from "../../../gen/parlance/chat/v1/chat_pb.js";
import type { Decoded, Encoded } from "../../core/dialect.ts";
import { malformed } from "../../core/faults/fault.ts";
import { createReport } from "../../core/fidelity/encode-report.ts";
import { servedModel } from "../../core/target/served-model.ts";
import { intAt, isObject, type Json } from "../../json/json.ts";
import type { Body } from "../../json/members.ts";
import { writeJson } from "../../json/write.ts";
import { countClient, countCodec } from "../shared/json-codec.ts";
import { postJson } from "../shared/post-json.ts";
import { arranged } from "../turns/arrange-turns.ts";
import { decodePrompt } from "./client/request.ts";
import { chatFidelity } from "./fidelity.ts";
import { turnRules } from "./turn-rules.ts";
import { addPrompt } from "./vendor/request.ts";
import { COUNT_PATH, type ResponsesOptions, readQuirks } from "./wire.ts";

/** Counts the tokens of a prompt, as the vendor would take it: the answer's knobs are left out. */
export const countTokens = countCodec({
  encodeRequest: arranged(turnRules, encodeCountRequest),
  decodeResponse,
});

/** A client asks us to count tokens. */
export const countTokensFacade = countClient({
  decodeRequest: decodePrompt,
  encodeResponse: (inputTokens) =>
    JSON.stringify({ object: "response.input_tokens", input_tokens: inputTokens }),
});

function encodeCountRequest(chat: Chat, options: ResponsesOptions): Decoded<Encoded> {
  const report = createReport(chatFidelity);
  const body: Body = { model: options.model };
  const efforts = options.traits?.efforts ?? [];
  addPrompt(
    body,
    chat,
    { quirks: readQuirks(options.quirks, servedModel(options)), efforts },
    report,
  );
  if (report.fault !== undefined) return { ok: false, fault: report.fault };
  return {
    ok: true,
    value: { request: postJson(COUNT_PATH, writeJson(body)), report: report.entries },
  };
}

function decodeResponse(json: Json): Decoded<number> {
  const tokens = isObject(json) ? intAt(json, "input_tokens") : undefined;
  if (tokens !== undefined && tokens >= 0) return { ok: true, value: tokens };
  return { ok: false, fault: malformed("the vendor's count has no input_tokens") };
}
