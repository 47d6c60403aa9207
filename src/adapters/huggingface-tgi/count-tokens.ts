import type { Chat } from "../../../gen/parlance/chat/v1/chat_pb.js";
import type {} from "../../core/dialect.ts";
import { malformed } from "../../core/faults/fault.ts";
import { createReport, reportDeclined } from "../../core/fidelity/encode-report.ts";
import { isObject, type Json } from "../../json/json.ts";
import { writeJson } from "../../json/write.ts";
import { encodePrompt } from "../prompt/encode-prompt.ts";
import { countCodec } from "../shared/json-codec.ts";
import { postJson } from "../shared/post-json.ts";
import { decodeErrorObject } from "./error.ts";
import { chatFidelity } from "./fidelity.ts";
import { TOKENIZE_PATH } from "./wire.ts";

/** Token counts by `/tokenize`, which cuts a prompt into its tokens. */
export const countTokens = countCodec({
  encodeRequest(chat: Chat) {
    const report = createReport(chatFidelity);
    const body = writeJson({ inputs: encodePrompt(chat.messages, report) });
    reportDeclined(report, chat);
    if (report.fault !== undefined) return { ok: false, fault: report.fault };
    return {
      ok: true,
      value: { request: postJson(TOKENIZE_PATH, body), report: report.entries },
    };
  },
  decodeResponse(json: Json) {
    if (Array.isArray(json)) return { ok: true, value: json.length };
    const fault = isObject(json) ? decodeErrorObject(json) : undefined;
    return { ok: false, fault: fault ?? malformed("the server's answer is not a list of tokens") };
  },
});
