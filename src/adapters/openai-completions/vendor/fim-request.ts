import type { Chat } from "../../../../gen/parlance/chat/v1/chat_pb.js";
import { ErrorReason } from "../../../../gen/parlance/error/v1/error_reason_pb.js";
import type { Decoded, Encoded } from "../../../core/dialect.ts";
import {
  createReport,
  dropped,
  type EncodeReport,
  mapped,
  refuse,
  reportDeclined,
} from "../../../core/fidelity/encode-report.ts";
import { type Body, membersOf } from "../../../json/members.ts";
import { rawJson, writeJson } from "../../../json/write.ts";
import type { ChatEncodeOptions } from "../../openai-chat/wire.ts";
import { encodePrompt } from "../../prompt/encode-prompt.ts";
import { reportUnsent } from "../../prompt/report-unsent.ts";
import { postJson } from "../../shared/post-json.ts";
import { fimFidelity } from "../fidelity.ts";
import { NAME } from "../wire.ts";
import { reportFormat } from "./request.ts";

/** Where the middle is filled in. */
export const FIM_PATH = "/fim/completions";

/** What the vendor knows of the extras that it shares with legacy Completions. */
const taken: ReadonlySet<string> = new Set(["suffix", "min_tokens", "metadata"]);

/** A chat as a request to fill in between its one message and the suffix of its extras. */
export function encodeFimRequest(chat: Chat, options: ChatEncodeOptions): Decoded<Encoded> {
  const report = createReport(fimFidelity);
  const { sampling } = chat;
  if (sampling?.logprobs === true) dropped(report, "sampling.logprobs");
  if (sampling?.logprobs === false) mapped(report, "sampling.logprobs");
  const draft: Body = {
    model: options.model,
    prompt: encodePrompt(chat.messages, report),
    temperature: sampling?.temperature,
    top_p: sampling?.topP,
    random_seed: sampling?.seed,
    stop: sampling === undefined || sampling.stop.length === 0 ? undefined : sampling.stop,
    max_tokens: chat.maxOutputTokens,
    stream: options.stream ? true : undefined,
  };
  addTaken(draft, chat.extrasJson[NAME], report);
  reportFormat(chat, report);
  reportUnsent(chat, report);
  reportDeclined(report, chat);
  if (report.fault !== undefined) return { ok: false, fault: report.fault };
  return {
    ok: true,
    value: { request: postJson(FIM_PATH, writeJson(draft)), report: report.entries },
  };
}

function addTaken(draft: Body, extras: string | undefined, report: EncodeReport): void {
  if (extras === undefined || extras === "") return;
  const path = `extras_json["${NAME}"]`;
  const members = membersOf(extras);
  if (members === undefined) {
    refuse(report, ErrorReason.INVALID_REQUEST, path, "must be a JSON object");
    return;
  }
  for (const [key, text] of members) {
    if (taken.has(key)) draft[key] = rawJson(text);
    else dropped(report, `${path}.${key}`, "the vendor has no such knob");
  }
}
