import type { TokenLogprob } from "../../../gen/parlance/chat/v1/completion_pb.js";
import type { Finish, MessageStart } from "../../../gen/parlance/chat/v1/event_pb.js";
import type { Reasoning } from "../../../gen/parlance/chat/v1/part_pb.js";
import type { Usage } from "../../../gen/parlance/chat/v1/usage_pb.js";
import type { FacadeContext, FrameText } from "../../core/dialect.ts";
import { type Body, membersOf, onOneLine } from "../../core/json-members.ts";
import { rawJson, type Writable, writeJson } from "../../core/json-write.ts";
import { RESPONSE_MEMBERS } from "./response.ts";
import { encodeUsage } from "./usage.ts";

/** A content part of a message that a client is being told. Never changed in place. */
export interface ReplyContent {
  readonly part: number;
  readonly kind: "text" | "refusal" | "whole";
  readonly text: string;
  readonly annotations: readonly Writable[];
  readonly tokens: readonly TokenLogprob[];
  /** What a whole part is. */
  readonly whole: Writable;
  readonly done: boolean;
}

/** An item that a client is being told. Never changed in place. */
export type ReplyItem = { readonly index: number; readonly id: string } & (
  | { readonly kind: "message"; readonly contents: readonly ReplyContent[] }
  | { readonly kind: "reasoning"; readonly part: number; readonly reasoning: Reasoning }
  | {
      readonly kind: "tool";
      readonly part: number;
      readonly callId: string;
      readonly name: string;
      readonly custom: boolean;
      readonly input: string;
      readonly signature: string;
    }
);

/** What a client has been told so far. Never changed in place. */
export interface FacadeState {
  readonly context: FacadeContext;
  /** Nothing is told on the way: the answer is wanted whole. */
  readonly silent: boolean;
  /** The number of the next event. */
  readonly sequence: number;
  readonly created: boolean;
  readonly start: MessageStart | undefined;
  readonly open: readonly ReplyItem[];
  /** Items that were told to their end, each at its number. */
  readonly output: readonly Writable[];
  /** How many items have begun. */
  readonly items: number;
  /** Ids of the vendor's own reasoning that were told: an id must not come twice. */
  readonly reasoningIds: readonly string[];
  /** Parts of tools that were told to their end. */
  readonly toolsDone: readonly number[];
  readonly refused: boolean;
  /** Likelihoods that wait for a text. */
  readonly tokens: readonly TokenLogprob[];
  readonly finish: Finish | undefined;
  readonly usage: Usage | undefined;
  readonly extras: string;
}

/** A state on its way and the frames so far, which belong to one step alone. */
export type Draft = { -readonly [K in keyof FacadeState]: FacadeState[K] } & { readonly frames: FrameText[] };

/** The state before the first event. */
export function createState(context: FacadeContext, silent: boolean): FacadeState {
  return {
    context,
    silent,
    sequence: 0,
    created: false,
    start: undefined,
    open: [],
    output: [],
    items: 0,
    reasoningIds: [],
    toolsDone: [],
    refused: false,
    tokens: [],
    finish: undefined,
    usage: undefined,
    extras: "",
  };
}

/** A draft of a state, and what is left of it. */
export function openDraft(state: FacadeState): Draft {
  return { ...state, frames: [] };
}

/** Adds the frame of an event, with its number. */
export function emit(draft: Draft, type: string, body: Body): void {
  const { sequence } = draft;
  draft.sequence += 1;
  if (draft.silent) return;
  draft.frames.push(`event: ${type}\ndata: ${onOneLine(writeJson({ type, sequence_number: sequence, ...body }))}\n\n`);
}

/** Where a delta belongs. */
export interface DeltaPlace {
  readonly item: ReplyItem;
  /** The number within the item, with its name; absent where an item has but one. */
  readonly at?: readonly [name: "content_index" | "summary_index", index: number];
}

/** As emit, for what a stream has one of for each token: `rest` is the text of further members, with its comma. */
export function emitDelta(draft: Draft, type: string, { item, at }: DeltaPlace, delta: string, rest = ""): void {
  const { sequence } = draft;
  draft.sequence += 1;
  if (draft.silent) return;
  const inner = at === undefined ? "" : `"${at[0]}":${at[1]},`;
  const where = `"item_id":${JSON.stringify(item.id)},"output_index":${item.index},${inner}`;
  draft.frames.push(
    `event: ${type}\ndata: {"type":"${type}","sequence_number":${sequence},${where}"delta":${JSON.stringify(delta)}${rest}}\n\n`,
  );
}

/** Tells that the response has begun; once. */
export function createResponse(draft: Draft): void {
  if (draft.created) return;
  draft.created = true;
  if (draft.silent) {
    draft.sequence += 2;
    return;
  }
  const response = responseOf(draft, { status: "in_progress" });
  emit(draft, "response.created", { response });
  emit(draft, "response.in_progress", { response });
}

/** What changes in a response as it goes on. */
export interface ResponseParts {
  readonly status: string;
  readonly why?: string;
  readonly output?: readonly Writable[];
  readonly error?: Writable;
}

/**
 * The response as an object. What only repeats the request is not known here and told as the default, null where there is
 * none: clients demand the members.
 */
export function responseOf(draft: FacadeState | Draft, parts: ResponseParts): Body {
  const { usage } = draft;
  const { id, model, createdAt, tier } = identityOf(draft);
  const body: Body = {
    id,
    object: "response",
    created_at: createdAt,
    status: parts.status,
    background: false,
    error: parts.error ?? null,
    incomplete_details: parts.why === undefined ? null : { reason: parts.why },
    instructions: null,
    max_output_tokens: null,
    metadata: {},
    model,
    output: parts.output ?? [],
    parallel_tool_calls: true,
    previous_response_id: null,
    reasoning: { effort: null, summary: null },
    service_tier: tier === "" ? null : tier,
    temperature: null,
    text: { format: { type: "text" } },
    tool_choice: "auto",
    tools: [],
    top_p: null,
    truncation: "disabled",
    usage: usage === undefined ? null : encodeUsage(usage),
    user: null,
  };
  for (const [key, text] of (draft.extras === "" ? undefined : membersOf(draft.extras)) ?? []) {
    if (!RESPONSE_MEMBERS.has(key)) body[key] = rawJson(text);
  }
  return body;
}

/** What the vendor says of the answer, and the call's own where it says nothing. */
function identityOf({ start, context, usage }: FacadeState | Draft): {
  readonly id: string;
  readonly model: string;
  readonly createdAt: Writable;
  readonly tier: string;
} {
  const madeId = `resp_${context.callId}`;
  if (start === undefined) {
    return { id: madeId, model: context.model, createdAt: context.nowUnixS, tier: usage?.serviceTier ?? "" };
  }
  return {
    id: start.id || madeId,
    model: start.model || context.model,
    createdAt: start.createdUnixS || context.nowUnixS,
    tier: usage?.serviceTier || start.serviceTier,
  };
}

/** Puts an item in the place of its older self. */
export function replaceItem(draft: Draft, item: ReplyItem): void {
  draft.open = draft.open.map((other) => (other.index === item.index ? item : other));
}

/** The number of the next item, and an id for it. */
export function nextItem(draft: Draft, prefix: string): { readonly index: number; readonly id: string } {
  createResponse(draft);
  const index = draft.items;
  draft.items += 1;
  return { index, id: `${prefix}_${draft.context.callId}_${index}` };
}

/** Tells that an item has begun. */
export function addedItem(draft: Draft, index: number, item: Writable): void {
  emit(draft, "response.output_item.added", { output_index: index, item });
}

/** Tells that an item is whole. */
export function doneItem(draft: Draft, index: number, item: Writable): void {
  const output = [...draft.output];
  output[index] = item;
  draft.output = output;
  draft.open = draft.open.filter((other) => other.index !== index);
  emit(draft, "response.output_item.done", { output_index: index, item });
}
