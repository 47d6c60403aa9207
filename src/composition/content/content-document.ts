import type { CallContent, SaidMessage } from "../../core/ledger/call-content.ts";
import { isObject, type Json, parseJson, stringAt } from "../../json/json.ts";

/** Content as it is encrypted: JSON. */
export function printContent({ messages, answer, finish = "", cut }: CallContent): string {
  return JSON.stringify({ messages, answer, finish, cut });
}

/** Reads what `printContent` made; what is not there is empty. */
export function parseContent(text: Uint8Array): CallContent {
  const parsed = parseJson(text);
  const document = parsed.ok && isObject(parsed.value) ? parsed.value : {};
  const { messages } = document;
  const finish = stringAt(document, "finish") ?? "";
  return {
    messages: Array.isArray(messages) ? messages.flatMap(messageOf) : [],
    answer: stringAt(document, "answer") ?? "",
    ...(finish === "" ? undefined : { finish }),
    cut: document.cut === true,
  };
}

function messageOf(value: Json): readonly SaidMessage[] {
  if (!isObject(value)) return [];
  return [{ role: stringAt(value, "role") ?? "", text: stringAt(value, "text") ?? "" }];
}
