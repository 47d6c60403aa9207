import type { Completion } from "../../../../gen/parlance/chat/v1/completion_pb.js";
import type { Part } from "../../../../gen/parlance/chat/v1/part_pb.js";
import type { FacadeContext } from "../../../core/dialect.ts";
import { writeJson } from "../../../json/write.ts";
import { isPlan } from "../client/response.ts";
import { type Answer, addCall, addCitation, createAnswer, encodeAnswer } from "./answer.ts";

/**
 * An answer as the vendor's former clients expect it. They know one answer and no thoughts: with
 * n > 1 the first is sent.
 */
export function encodeResponse(completion: Completion, context: FacadeContext): string {
  const [choice] = completion.choices;
  const answer = createAnswer(context);
  for (const { content } of choice?.message?.parts ?? []) addPart(answer, content);
  const id = completion.id === "" ? context.callId : completion.id;
  return writeJson(
    encodeAnswer(answer, { id, reason: choice?.finishReason ?? 0, usage: completion.usage }),
  );
}

/** What the model plans to do with its tools is text in version 1. */
function addPart(answer: Answer, content: Part["content"]): void {
  switch (content.case) {
    case "text": {
      const offset = answer.text.length;
      answer.text += content.value.text;
      for (const citation of content.value.citations) addCitation(answer, citation, offset);
      return;
    }
    case "refusal":
      answer.text += content.value.text;
      return;
    case "audio":
      answer.text += content.value.transcript;
      return;
    case "reasoning":
      if (isPlan(content.value)) answer.text += content.value.text;
      return;
    case "toolCall":
      addCall(answer, content.value);
      return;
    case "image":
    case "video":
    case "document":
    case "toolResult":
    case "opaque":
    case undefined:
      return;
  }
}
