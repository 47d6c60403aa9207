import { createObjectEnd, followObject } from "../../../json/object-end.ts";
import type { Writable } from "../../../json/write.ts";
import { sealCall } from "../../shared/sealed-reasoning.ts";
import {
  addedItem,
  doneItem,
  emit,
  emitDelta,
  type FacadeState,
  nextItem,
  type ToolItem,
} from "../facade-state.ts";

/** What the beginning of a tool call tells. */
export interface CallStart {
  readonly part: number;
  readonly id: string;
  readonly name: string;
  readonly custom: boolean;
  readonly signature: string;
}

/**
 * A tool call begins. Its proof, which this dialect has no place for, is sealed in a reasoning item
 * before it.
 */
export function beginTool(
  state: FacadeState,
  start: CallStart,
  beforeItem: (state: FacadeState) => void,
): ToolItem {
  beforeItem(state);
  const callId = start.id === "" ? `call_${state.context.callId}_${state.items}` : start.id;
  if (start.signature !== "") proveCall(state, callId, start.signature);
  const item: ToolItem = {
    ...nextItem(state, start.custom ? "ctc" : "fc"),
    kind: "tool",
    part: start.part,
    callId,
    name: start.name,
    custom: start.custom,
    input: "",
    end: createObjectEnd(),
    signature: "",
  };
  state.tools.set(item.part, item);
  addedItem(state, item.index, printTool(item, "in_progress"));
  return item;
}

/**
 * Input is added to an open tool call. Nothing more can come to one whose arguments are a whole
 * object.
 */
export function addInput(
  state: FacadeState,
  item: ToolItem,
  input: string,
  signature: string,
): void {
  item.signature += signature;
  if (input === "") return;
  item.input += input;
  followObject(item.end, input);
  if (!item.custom && item.end.state === "closed") state.wholeTools.add(item);
  else state.wholeTools.delete(item);
  const type = item.custom
    ? "response.custom_tool_call_input.delta"
    : "response.function_call_arguments.delta";
  emitDelta(state, type, { item }, input);
}

/** A tool call ends; one without arguments has the empty ones. */
export function endTool(state: FacadeState, item: ToolItem, status: string): void {
  if (!item.custom && item.input === "") item.input = "{}";
  const where = { item_id: item.id, output_index: item.index };
  if (item.custom)
    emit(state, "response.custom_tool_call_input.done", { ...where, input: item.input });
  else
    emit(state, "response.function_call_arguments.done", {
      ...where,
      name: item.name,
      arguments: item.input,
    });
  state.tools.delete(item.part);
  state.wholeTools.delete(item);
  state.toolsDone.add(item.part);
  doneItem(state, item.index, printTool(item, status));
  if (item.signature !== "") proveCall(state, item.callId, item.signature);
}

function proveCall(state: FacadeState, toolCallId: string, signature: string): void {
  const { index, id } = nextItem(state, "rs");
  const sealed = sealCall({ toolCallId, signature });
  addedItem(state, index, { id, type: "reasoning", summary: [], status: "in_progress" });
  doneItem(state, index, {
    id,
    type: "reasoning",
    summary: [],
    encrypted_content: sealed,
    status: "completed",
  });
}

function printTool({ id, callId, name, custom, input }: ToolItem, status: string): Writable {
  if (custom) return { id, type: "custom_tool_call", status, call_id: callId, name, input };
  return { id, type: "function_call", status, call_id: callId, name, arguments: input };
}
