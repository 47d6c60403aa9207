import { editTopLevel, type JsonEdits } from "../../../json/edit.ts";
import { asBuffer } from "../../../json/json.ts";
import { sliceElements, sliceJson } from "../../../json/slice.ts";

/**
 * Members of a message in which reasoning, its proofs and other vendors' parts come back from
 * clients.
 */
const MESSAGE_MEMBERS = [
  "reasoning_content",
  "reasoning_details",
  "thinking_blocks",
  "provider_specific_fields",
] as const;

/** The member of a tool call in which its proof comes back. */
const CALL_MEMBER = "extra_content";

/**
 * The messages for a vendor that takes no reasoning back and refuses members that it does not know:
 * what earlier answers of other vendors brought along is left out, and every other byte stays.
 * Undefined where there is nothing of it, which a native search mostly settles.
 */
export function messagesWithoutReasoning(body: Uint8Array): string | undefined {
  if (!holdsAny(body)) return undefined;
  const messages = sliceJson(body, ["messages"]);
  const list = messages === undefined ? undefined : sliceElements(messages);
  return list === undefined ? undefined : printList(list.map(withoutReasoning));
}

function holdsAny(bytes: Uint8Array): boolean {
  const source = asBuffer(bytes);
  return [...MESSAGE_MEMBERS, CALL_MEMBER].some((name) => source.includes(`"${name}"`));
}

function withoutReasoning(message: Uint8Array): Uint8Array {
  if (!holdsAny(message)) return message;
  const calls = sliceJson(message, ["tool_calls"]);
  const list = calls === undefined ? undefined : sliceElements(calls);
  const edits: JsonEdits = {
    ...Object.fromEntries(MESSAGE_MEMBERS.map((name) => [name, null])),
    ...(list === undefined ? undefined : { tool_calls: printList(list.map(withoutProof)) }),
  };
  return editTopLevel(message, edits) ?? message;
}

function withoutProof(call: Uint8Array): Uint8Array {
  return asBuffer(call).includes(`"${CALL_MEMBER}"`)
    ? (editTopLevel(call, { [CALL_MEMBER]: null }) ?? call)
    : call;
}

function printList(elements: readonly Uint8Array[]): string {
  return `[${elements.map((element) => asBuffer(element).toString("utf8")).join(",")}]`;
}
