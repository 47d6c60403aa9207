import { isMessage } from "@bufbuild/protobuf";
import { type Chat, ChatSchema } from "../../../../gen/parlance/chat/v1/chat_pb.js";
import {
  Modality,
  ReasoningEffort,
  ReasoningMode,
} from "../../../../gen/parlance/chat/v1/generation_pb.js";
import type { Part } from "../../../../gen/parlance/chat/v1/part_pb.js";
import { ToolChoiceMode } from "../../../../gen/parlance/chat/v1/tool_pb.js";
import type { Call } from "../../../core/call.ts";
import { GatewayError } from "../../../core/faults/gateway-error.ts";
import { mayHoldMedia } from "../../../core/traits/fit-media.ts";
import type { JsonObject } from "../../../json/json.ts";

/** What a model may lack that a call needs. */
export type Need =
  | "tools"
  | "image"
  | "audio"
  | "video"
  | "document"
  | "json_schema"
  | "reasoning"
  | "spoken"
  | "drawn";

/** What a call needs, each with the field of the contract that says so. */
export type Needs = ReadonlyMap<Need, string>;

const none: Needs = new Map();

/** Requests are looked through once, however many targets and models there are. */
const known = new WeakMap<Call["request"], Needs>();

/**
 * What a chat needs of a model. `of` are the needs that matter: a body without a member that may
 * say one of them is not decoded. Takes time linear in the call. What cannot be decoded needs
 * nothing; that it is wrong is for others to say.
 */
export function needsOf({ origin, request }: Pick<Call, "origin" | "request">, of: Iterable<Need>) {
  const found = known.get(request);
  if (found !== undefined) return found;
  if (request.operation.name !== "chat") return none;
  if (origin !== undefined && !maySay(origin.json, of)) return none;
  const needs = new Map<Need, string>();
  const chat = decoded(request);
  if (chat !== undefined) collect(chat, needs);
  known.set(request, needs);
  return needs;
}

function decoded(request: Call["request"]): Chat | undefined {
  try {
    const message = request.message();
    return isMessage(message, ChatSchema) ? message : undefined;
  } catch (error) {
    if (error instanceof GatewayError) return undefined;
    throw error;
  }
}

/** The members of bodies, in any dialect, that may say a need. */
const members: Readonly<Record<Need, readonly string[]>> = {
  tools: ["tools", "functions", "toolConfig", "tool_config"],
  json_schema: [
    "response_format",
    "text",
    "format",
    "output_config",
    "output_format",
    "outputConfig",
    "generationConfig",
    "generation_config",
  ],
  reasoning: [
    "reasoning_effort",
    "reasoning",
    "thinking",
    "think",
    "output_config",
    "generationConfig",
    "generation_config",
    "additionalModelRequestFields",
  ],
  spoken: ["modalities", "audio", "generationConfig", "generation_config"],
  drawn: ["modalities", "generationConfig", "generation_config"],
  image: [],
  audio: [],
  video: [],
  document: [],
};

function maySay(json: JsonObject, of: Iterable<Need>): boolean {
  for (const need of of) {
    if (members[need].some((name) => (json[name] ?? null) !== null)) return true;
    if (members[need].length === 0 && mayHoldMedia(json)) return true;
  }
  return false;
}

function collect(chat: Chat, needs: Map<Need, string>): void {
  if (mayCall(chat)) needs.set("tools", "tools");
  if (chat.responseFormat?.format.case === "jsonSchema")
    needs.set("json_schema", "response_format");
  if (wantsThought(chat)) needs.set("reasoning", "reasoning");
  if (chat.modalities.includes(Modality.AUDIO)) needs.set("spoken", "modalities");
  if (chat.modalities.includes(Modality.IMAGE)) needs.set("drawn", "modalities");
  for (const [at, { parts }] of chat.messages.entries())
    collectParts(parts, `messages[${at}].parts`, needs);
}

/** Tools of the vendor's own, such as a search: no facts say who has them. */
function mayCall({ tools, toolChoice }: Chat): boolean {
  const choice = toolChoice?.choice;
  if (choice?.case === "mode" && choice.value === ToolChoiceMode.NONE) return false;
  return tools.some(({ tool }) => tool.case === "function" || tool.case === "custom");
}

function wantsThought({ reasoning }: Chat): boolean {
  if (reasoning === undefined || reasoning.mode === ReasoningMode.DISABLED) return false;
  if (reasoning.mode === ReasoningMode.ENABLED) return true;
  return reasoning.effort > ReasoningEffort.NONE || (reasoning.budgetTokens ?? 0) > 0;
}

function collectParts(parts: readonly Part[], path: string, needs: Map<Need, string>): void {
  for (const [at, { content }] of parts.entries()) {
    const field = `${path}[${at}]`;
    if (content.case === "toolResult")
      collectParts(content.value.content, `${field}.tool_result.content`, needs);
    const need = mediaNeed(content);
    if (need !== undefined && !needs.has(need)) needs.set(need, `${field}.${need}`);
  }
}

/** A file of words is sent as words, which any model takes. */
function mediaNeed(content: Part["content"]): Need | undefined {
  switch (content.case) {
    case "image":
    case "video":
      return content.case;
    case "audio":
      return "audio";
    case "document": {
      const { source, mediaType } = content.value;
      const isText = source.case === "text" || source.case === "content";
      return isText || mediaType.startsWith("text/") ? undefined : "document";
    }
    default:
      return undefined;
  }
}
