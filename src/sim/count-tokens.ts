import type { Chat } from "../../gen/parlance/chat/v1/chat_pb.js";
import type { Tool } from "../../gen/parlance/chat/v1/tool_pb.js";
import { textOf } from "./prompt-text.ts";

/**
 * Tokens of a text by the simulator's rule: words are what white space separates, and a word has
 * one token for every four characters (code points), begun ones included. White space itself is
 * free.
 */
export function countTextTokens(text: string): number {
  let tokens = 0;
  let length = 0;
  for (let at = 0; at <= text.length; at += 1) {
    if (at < text.length && !isBlank(text.charCodeAt(at))) {
      if (!isSecondHalf(text, at)) length += 1;
    } else {
      tokens += Math.ceil(length / 4);
      length = 0;
    }
  }
  return tokens;
}

/**
 * Tokens of a prompt: its messages, media counted as the echo mentions them, and the texts of its
 * tools.
 */
export function countPromptTokens(chat: Chat): number {
  let tokens = 0;
  for (const message of chat.messages) tokens += countTextTokens(textOf(message.parts));
  for (const tool of chat.tools) tokens += countTextTokens(toolText(tool));
  return tokens;
}

function isBlank(unit: number): boolean {
  return unit < 0x80
    ? unit === 0x20 || (unit >= 0x09 && unit <= 0x0d)
    : /\s/u.test(String.fromCharCode(unit));
}

/** Whether the unit belongs to the character that the unit before it begins. */
function isSecondHalf(text: string, at: number): boolean {
  const unit = text.charCodeAt(at);
  if (unit < 0xdc00 || unit > 0xdfff || at === 0) return false;
  const before = text.charCodeAt(at - 1);
  return before >= 0xd800 && before <= 0xdbff;
}

function toolText({ tool }: Tool): string {
  switch (tool.case) {
    case "function":
      return `${tool.value.name} ${tool.value.description} ${tool.value.parametersJson}`;
    case "custom":
      return `${tool.value.name} ${tool.value.description} ${tool.value.formatJson}`;
    case "builtin":
      return tool.value.json;
    case undefined:
      return "";
  }
}
