import type {
  Choice,
  Completion,
  FinishReason,
} from "../../../../gen/parlance/chat/v1/completion_pb.js";
import type { FacadeContext } from "../../../core/dialect.ts";
import { writeJson } from "../../../json/write.ts";
import { addAnswerExtras } from "../../openai-chat/client/response.ts";
import { encodeFinishReason } from "../../openai-chat/finish-reason.ts";
import { encodeUsage } from "../../openai-chat/usage.ts";
import { NAME as CHAT, type Draft } from "../../openai-chat/wire.ts";
import { encodeLogprobs } from "./logprobs.ts";

/** An answer as clients of legacy Completions expect it: `text_completion`. */
export function encodeResponse(completion: Completion, context: FacadeContext): string {
  const draft: Draft = {
    ...headOf(completion, context),
    choices: completion.choices.map(encodeChoice),
    usage: completion.usage === undefined ? undefined : encodeUsage(completion.usage),
  };
  addAnswerExtras(draft, completion.extrasJson[CHAT]);
  return writeJson(draft);
}

/** What every answer and every chunk of a stream begins with. */
export function headOf(
  {
    id,
    createdUnixS,
    model,
    systemFingerprint,
  }: Pick<Completion, "id" | "createdUnixS" | "model" | "systemFingerprint">,
  context: FacadeContext,
): Draft {
  return {
    id: id === "" ? `cmpl-${context.callId}` : id,
    object: "text_completion",
    created: createdUnixS === 0n ? context.nowUnixS : Number(createdUnixS),
    model: model === "" ? context.model : model,
    system_fingerprint: systemFingerprint === "" ? undefined : systemFingerprint,
  };
}

/** The word for a finish. A prompt has no tools, so that a call of one is a stop. */
export function finishWord(reason: FinishReason): string {
  const word = encodeFinishReason(reason, false);
  return word === "tool_calls" ? "stop" : word;
}

/** The words of an answer and of a refusal; a completion has no place for anything else. */
function encodeChoice({ index, message, logprobs, finishReason }: Choice): Draft {
  const texts = (message?.parts ?? []).map(({ content }) =>
    content.case === "text" || content.case === "refusal" ? content.value.text : "",
  );
  return {
    text: texts.join(""),
    index,
    logprobs: logprobs === undefined ? null : encodeLogprobs(logprobs, 0),
    finish_reason: finishWord(finishReason),
  };
}
