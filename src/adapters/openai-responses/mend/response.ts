import type { PassContext } from "../../../core/pass-context.ts";
import {
  arrayAt,
  isObject,
  type Json,
  type JsonObject,
  looseNumber,
  objectAt,
  stringAt,
} from "../../../json/json.ts";
import { plainArguments } from "../../../json/plain-arguments.ts";
import { mendCounts } from "../../shared/answers/mend-counts.ts";
import { argumentsOf } from "../content-part.ts";

/** The members of an item by which clients tell it and its call. */
export interface ItemNames {
  readonly id: string;
  readonly callId: string;
}

/** The response of an event with what clients demand. The same object where it has all of it. */
export function mendResponse(
  response: JsonObject,
  context: PassContext,
  status: string,
): JsonObject {
  const usage = objectAt(response, "usage");
  const counted = usage === undefined ? undefined : mendUsage(usage);
  const whole =
    counted === usage &&
    (stringAt(response, "id") ?? "") !== "" &&
    typeof response.created_at === "number" &&
    Array.isArray(response.output) &&
    stringAt(response, "model") !== undefined &&
    stringAt(response, "status") !== undefined;
  if (whole) return response;
  return {
    ...defaultsOf(context),
    ...response,
    id: stringAt(response, "id") || `resp_${context.callId}`,
    created_at: looseNumber(response.created_at) || context.nowUnixS,
    model: stringAt(response, "model") ?? context.model,
    status: stringAt(response, "status") ?? status,
    output: arrayAt(response, "output") ?? [],
    ...(counted === undefined ? undefined : { usage: counted }),
  };
}

/** Usage in whole numbers, with the details that clients read. */
function mendUsage(usage: JsonObject): JsonObject {
  const counted = mendCounts(usage, "_tokens");
  return replaced(counted, {
    input_tokens_details: counted.input_tokens_details ?? { cached_tokens: 0 },
    output_tokens_details: counted.output_tokens_details ?? { reasoning_tokens: 0 },
  });
}

/** What clients demand of a response, whatever was asked. */
function defaultsOf({ callId, model, nowUnixS }: PassContext): JsonObject {
  return {
    id: `resp_${callId}`,
    object: "response",
    created_at: nowUnixS,
    status: "in_progress",
    error: null,
    incomplete_details: null,
    instructions: null,
    metadata: {},
    model,
    output: [],
    parallel_tool_calls: true,
    temperature: null,
    tool_choice: "auto",
    tools: [],
    top_p: null,
    usage: null,
  };
}

/**
 * An item of the output with what clients demand: names, texts and lists. `done`: it is whole, so
 * that arguments are. The same object where it has all of it.
 */
export function mendItem(item: JsonObject, names: ItemNames, done: boolean): JsonObject {
  switch (item.type) {
    case "function_call":
      return mendCall(item, names, done);
    case "custom_tool_call":
      return replaced(item, { ...callNames(item, names), input: stringAt(item, "input") ?? "" });
    case "message":
      return mendMessage(item, names, done);
    case "reasoning":
      return replaced(item, {
        id: stringAt(item, "id") || names.id,
        summary: arrayAt(item, "summary") ?? [],
      });
    default:
      return item;
  }
}

function mendCall(item: JsonObject, names: ItemNames, done: boolean): JsonObject {
  const sent = argumentsOf(item);
  const text = done || item.arguments === null ? plainArguments(sent) : sent;
  return replaced(item, {
    ...callNames(item, names),
    name: stringAt(item, "name") ?? "",
    arguments: done ? text : sent,
    status: stringAt(item, "status") ?? (done ? "completed" : "in_progress"),
  });
}

function callNames(item: JsonObject, names: ItemNames): { id: string; call_id: string } {
  const id = stringAt(item, "id") || names.id;
  return { id, call_id: stringAt(item, "call_id") || names.callId };
}

function mendMessage(item: JsonObject, names: ItemNames, done: boolean): JsonObject {
  const text = stringAt(item, "content");
  const contents = text === undefined ? arrayAt(item, "content") : [textContent(text)];
  const mended = contents?.map(mendContent);
  const same = mended?.every((content, at) => content === contents?.[at]) === true;
  return replaced(item, {
    id: stringAt(item, "id") || names.id,
    role: stringAt(item, "role") ?? "assistant",
    status: stringAt(item, "status") ?? (done ? "completed" : "in_progress"),
    content: same && text === undefined ? (item.content ?? []) : (mended ?? []),
  });
}

/** A text of a message. */
export function textContent(text: string): JsonObject {
  return { type: "output_text", text, annotations: [], logprobs: [] };
}

/** A content part of a message. The same value where it has what clients demand. */
export function mendContent(content: Json): Json {
  if (typeof content === "string") return textContent(content);
  if (!isObject(content)) return content;
  const text = stringAt(content, "text");
  if (content.type === "text" && text !== undefined) return { ...content, ...textContent(text) };
  if (content.type !== "output_text") return content;
  return replaced(content, {
    text: text ?? "",
    annotations: arrayAt(content, "annotations") ?? [],
  });
}

/** The object with other members; the same where it has them already. */
function replaced(json: JsonObject, members: JsonObject): JsonObject {
  const same = Object.entries(members).every(([key, value]) => json[key] === value);
  return same ? json : { ...json, ...members };
}
