import { isObject, parseJson } from "../../core/json.ts";
import type { Writable } from "../../core/json-write.ts";
import { sealCall } from "../../core/sealed-reasoning.ts";
import {
  addedItem,
  type Draft,
  doneItem,
  emit,
  emitDelta,
  nextItem,
  type ReplyItem,
  replaceItem,
} from "./facade-draft.ts";

type ToolItem = Extract<ReplyItem, { kind: "tool" }>;

/** What the beginning of a tool call tells. */
export interface CallStart {
  readonly part: number;
  readonly id: string;
  readonly name: string;
  readonly custom: boolean;
  readonly signature: string;
}

/** A tool call begins. Its proof, which this dialect has no place for, is sealed in a reasoning item before it. */
export function beginTool(draft: Draft, start: CallStart, beforeItem: (draft: Draft) => void): ToolItem {
  beforeItem(draft);
  const callId = start.id === "" ? `call_${draft.context.callId}_${draft.items}` : start.id;
  if (start.signature !== "") proveCall(draft, callId, start.signature);
  const item: ToolItem = {
    ...nextItem(draft, start.custom ? "ctc" : "fc"),
    kind: "tool",
    part: start.part,
    callId,
    name: start.name,
    custom: start.custom,
    input: "",
    signature: "",
  };
  draft.open = [...draft.open, item];
  addedItem(draft, item.index, printTool(item, "in_progress"));
  return item;
}

/** Input is added to an open tool call. */
export function addInput(draft: Draft, item: ToolItem, input: string, signature: string): void {
  if (input === "" && signature === "") return;
  replaceItem(draft, { ...item, input: item.input + input, signature: item.signature + signature });
  if (input === "") return;
  const type = item.custom ? "response.custom_tool_call_input.delta" : "response.function_call_arguments.delta";
  emitDelta(draft, type, { item }, input);
}

/** A tool call ends; one without arguments has the empty ones. */
export function endTool(draft: Draft, open: ToolItem, status: string): void {
  const item = open.custom || open.input !== "" ? open : { ...open, input: "{}" };
  const where = { item_id: item.id, output_index: item.index };
  if (item.custom) emit(draft, "response.custom_tool_call_input.done", { ...where, input: item.input });
  else emit(draft, "response.function_call_arguments.done", { ...where, name: item.name, arguments: item.input });
  draft.toolsDone = [...draft.toolsDone, item.part];
  doneItem(draft, item.index, printTool(item, status));
  if (item.signature !== "") proveCall(draft, item.callId, item.signature);
}

/** Whether nothing more can come to a tool call: its arguments are a whole object. */
export function isComplete({ custom, input }: ToolItem): boolean {
  if (custom || !input.trimEnd().endsWith("}")) return false;
  const parsed = parseJson(input);
  return parsed.ok && isObject(parsed.value);
}

function proveCall(draft: Draft, toolCallId: string, signature: string): void {
  const { index, id } = nextItem(draft, "rs");
  const sealed = sealCall({ toolCallId, signature });
  addedItem(draft, index, { id, type: "reasoning", summary: [], status: "in_progress" });
  doneItem(draft, index, { id, type: "reasoning", summary: [], encrypted_content: sealed, status: "completed" });
}

function printTool({ id, callId, name, custom, input }: ToolItem, status: string): Writable {
  if (custom) return { id, type: "custom_tool_call", status, call_id: callId, name, input };
  return { id, type: "function_call", status, call_id: callId, name, arguments: input };
}
