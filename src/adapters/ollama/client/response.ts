import type { Completion, Logprobs } from "../../../../gen/parlance/chat/v1/completion_pb.js";
import type { Part, ToolCall } from "../../../../gen/parlance/chat/v1/part_pb.js";
import type { Usage } from "../../../../gen/parlance/chat/v1/usage_pb.js";
import type { FacadeContext } from "../../../core/dialect.ts";
import { printBase64 } from "../../../json/base64.ts";
import { type Body, membersOf } from "../../../json/members.ts";
import { rawJson, type Writable, writeJson } from "../../../json/write.ts";
import { encodeToolInput } from "../../shared/tool-input.ts";
import { encodeFinishReason } from "../finish-reason.ts";
import { encodeTokens } from "../logprobs.ts";
import { DIALECT } from "../wire.ts";

/**
 * Where the answer stands: in the message of `/api/chat`, or beside it as `/api/generate` has it.
 */
export type AnswerForm = "chat" | "generate";

/** What a line says. */
export interface LineContent {
  readonly text?: string;
  readonly thinking?: string;
  readonly images?: readonly Writable[];
  readonly calls?: readonly Writable[];
}

/** A whole answer. The dialect has one choice, so that others are left out. */
export function encodeResponse(
  form: AnswerForm,
  completion: Completion,
  context: FacadeContext,
): string {
  const [choice] = completion.choices;
  const parts = choice?.message?.parts ?? [];
  const created =
    completion.createdUnixS === 0n ? context.nowUnixS : Number(completion.createdUnixS);
  const reason = choice === undefined ? "stop" : encodeFinishReason(choice.finishReason);
  return writeJson({
    ...encodeHead(completion.model === "" ? context.model : completion.model, created),
    ...encodeContent(form, contentOf(parts)),
    ...encodeDone({
      reason,
      usage: completion.usage,
      extras: completion.extrasJson[DIALECT],
      logprobs: choice?.logprobs,
    }),
  });
}

/** What every line begins with. */
export function encodeHead(model: string, unixS: number): Body {
  return { model, created_at: new Date(unixS * 1000).toISOString() };
}

/** What a line says, in its form. `content` and `response` are always there. */
export function encodeContent(
  form: AnswerForm,
  { text, thinking, images, calls }: LineContent,
): Body {
  const rest: Body = { thinking, images, tool_calls: calls };
  if (form === "generate") return { response: text ?? "", ...rest };
  return { message: { role: "assistant", content: text ?? "", ...rest } };
}

/** How the last line ends: why, what it took, and what only this dialect has. */
export function encodeDone(end: {
  readonly reason: string;
  readonly usage: Usage | undefined;
  readonly extras: string | undefined;
  readonly logprobs?: Logprobs | undefined;
}): Body {
  const { usage } = end;
  const body: Body = {
    done: true,
    done_reason: end.reason,
    logprobs: end.logprobs === undefined ? undefined : encodeTokens(end.logprobs),
    prompt_eval_count: usage?.inputTokens,
    eval_count: usage?.outputTokens,
  };
  for (const [key, text] of membersOf(end.extras ?? "{}") ?? []) {
    if (!RESERVED.has(key) && body[key] === undefined) body[key] = rawJson(text);
  }
  return body;
}

const RESERVED: ReadonlySet<string> = new Set([
  "model",
  "created_at",
  "message",
  "response",
  "error",
  "thinking",
]);

/** A call with its arguments as an object. */
export function encodeCall(
  { id, name, input }: Pick<ToolCall, "id" | "name" | "input">,
  index: number,
): Writable {
  const value =
    input.case === "text" ? { input: input.value } : encodeToolInput(input.value ?? "").input;
  return { id: id === "" ? undefined : id, function: { index, name, arguments: value } };
}

interface Said {
  text: string;
  thinking: string;
  readonly images: Writable[];
  readonly calls: Writable[];
}

function contentOf(parts: readonly Part[]): LineContent {
  const said: Said = { text: "", thinking: "", images: [], calls: [] };
  for (const part of parts) addPart(said, part);
  return {
    text: said.text,
    ...(said.thinking === "" ? {} : { thinking: said.thinking }),
    ...(said.images.length === 0 ? {} : { images: said.images }),
    ...(said.calls.length === 0 ? {} : { calls: said.calls }),
  };
}

function addPart(said: Said, { content }: Part): void {
  switch (content.case) {
    case "text":
    case "refusal":
      said.text += content.value.text;
      return;
    case "audio":
      said.text += content.value.transcript;
      return;
    case "reasoning":
      said.thinking += content.value.text || content.value.summaries.join("\n\n");
      return;
    case "toolCall":
      said.calls.push(encodeCall(content.value, said.calls.length));
      return;
    case "image":
      if (content.value.source.case === "data")
        said.images.push(printBase64(content.value.source.value));
      return;
    case "video":
    case "document":
    case "toolResult":
    case "opaque":
    case undefined:
      return;
  }
}
