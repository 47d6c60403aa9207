import type { PassContext } from "../../../core/pass-context.ts";
import { type Json, type JsonObject, stringAt } from "../../../json/json.ts";
import type { HeldInput } from "../../shared/answers/held-input.ts";
import { kindOf as itemKindOf } from "../vendor/stream-part.ts";
import { type ItemNames, mendItem, textContent } from "./response.ts";

/** An item that a client has seen the beginning of: the stream's own, changed in place. */
export interface MendedItem extends HeldInput, ItemNames {
  /** The client's number of it. */
  readonly index: number;
  /** The vendor's. */
  readonly place: number;
  readonly type: string;
  /** As it began, and at the end as it ended. */
  json: JsonObject;
  /** How many contents or summaries have begun. */
  contents: number;
  /** Words or input that were looked at. */
  readonly words: string[];
  /** Some went to the client without a look. */
  unseen: boolean;
  done: boolean;
}

/** An item begins. `json`: as the vendor tells it. */
export function beginItem(
  json: JsonObject,
  { index, place = index }: { readonly index: number; readonly place?: number | undefined },
  { callId }: PassContext,
): MendedItem {
  const type = stringAt(json, "type") ?? "message";
  const id = stringAt(json, "id") || `${PREFIXES[type] ?? "item"}_${callId}_${index}`;
  // Results refer to `call_id`; some servers have an id of the item alone.
  const made = { id, callId: stringAt(json, "id") || `call_${callId}_${index}` };
  const mended = mendItem(json, made, false);
  return {
    index,
    place,
    type,
    id: stringAt(mended, "id") ?? made.id,
    callId: stringAt(mended, "call_id") ?? made.callId,
    json: mended,
    contents: 0,
    words: [],
    unseen: false,
    done: false,
    flows: type !== "function_call",
    held: "",
  };
}

const PREFIXES: Readonly<Record<string, string>> = {
  message: "msg",
  reasoning: "rs",
  function_call: "fc",
  custom_tool_call: "ctc",
};

/** The item that an event is of which grows, and which had no beginning. */
export function emptyItem(type: string): JsonObject {
  switch (type) {
    case "message":
      return { type, status: "in_progress", role: "assistant", content: [] };
    case "reasoning":
      return { type, summary: [] };
    case "custom_tool_call":
      return { type, status: "in_progress", name: "", input: "" };
    default:
      return { type, status: "in_progress", name: "", arguments: "" };
  }
}

/** The types of items that events of a type grow; undefined of those that grow none. */
export function itemTypeOf(type: string): string | undefined {
  const [, what = ""] = GROWTH.exec(type) ?? [];
  if (what === "function_call_arguments") return "function_call";
  if (what === "custom_tool_call_input") return "custom_tool_call";
  if (what.startsWith("reasoning")) return "reasoning";
  return what === "" ? undefined : "message";
}

const GROWTH =
  /^response\.(content_part|output_text|refusal|function_call_arguments|custom_tool_call_input|reasoning_text|reasoning_summary_text|reasoning_summary_part)\./;

/** Whether an item may be what events of a type grow: reasoning has contents too. */
export function isOf(item: MendedItem, type: string, event: string): boolean {
  if (item.type === type) return true;
  return event.startsWith("response.content_part.") && item.type === "reasoning";
}

/**
 * The whole item where the vendor does not tell it: as it began, with the words that were looked
 * at. Undefined where some were not, for they are not known.
 */
export function wholeItem(item: MendedItem): JsonObject | undefined {
  if (item.unseen) return undefined;
  const text = item.words.join("");
  const { json } = item;
  switch (item.type) {
    case "message":
      return { ...json, status: "completed", content: text === "" ? [] : [textContent(text)] };
    case "reasoning":
      return text === "" ? json : { ...json, summary: [{ type: "summary_text", text }] };
    case "custom_tool_call":
      return { ...json, status: "completed", input: text };
    case "function_call":
      return mendItem({ ...json, status: "completed", arguments: text }, item, true);
    default:
      return json;
  }
}

/** Whether an item is of the kind that ends an answer: words, or a call to be run. */
export function isAnswer({ type }: MendedItem): boolean {
  const kind = itemKindOf(type satisfies Json);
  return kind === "message" || kind === "tool";
}
