import type { TokenLogprob } from "../../../../gen/parlance/chat/v1/completion_pb.js";
import type { Finish, MessageStart } from "../../../../gen/parlance/chat/v1/event_pb.js";
import type { Reasoning } from "../../../../gen/parlance/chat/v1/part_pb.js";
import type { Usage } from "../../../../gen/parlance/chat/v1/usage_pb.js";
import type { FacadeContext, FrameText } from "../../../core/dialect.ts";
import { objectAt } from "../../../json/json.ts";
import { type Body, membersOf, onOneLine } from "../../../json/members.ts";
import type { ObjectEnd } from "../../../json/object-end.ts";
import { rawJson, type Writable, writeJson } from "../../../json/write.ts";
import { openaiTier } from "../../foreign/service-tier.ts";
import { declaresToolSearch } from "../../foreign/tool-search.ts";
import { encodeUsage } from "../usage.ts";
import { RESPONSE_MEMBERS } from "../vendor/response.ts";
import { echoOf } from "./response.ts";

/**
 * A content part of a message that is being sent to a client: the stream's own, changed in place.
 */
export interface ReplyContent {
  readonly part: number;
  readonly kind: "text" | "refusal" | "whole";
  /** The number of it within the message. */
  readonly at: number;
  text: string;
  readonly annotations: Writable[];
  readonly tokens: TokenLogprob[];
  /** What a whole part is. */
  readonly whole: Writable;
}

/** A message that is being sent to a client. */
export interface MessageItem {
  readonly kind: "message";
  readonly index: number;
  readonly id: string;
  readonly contents: ReplyContent[];
  /** Contents that have not ended, by their kind and part. */
  readonly open: Map<string, ReplyContent>;
  /** The text that began last, while it is open. */
  text: ReplyContent | undefined;
}

/** A reasoning that is being sent to a client. */
export interface ReasoningItem {
  readonly kind: "reasoning";
  readonly index: number;
  readonly id: string;
  readonly part: number;
  readonly reasoning: Reasoning;
  /** The summaries as the client sees them: the vendor's own, or its thinking in their place. */
  readonly summaries: string[];
}

/** A tool call that is being sent to a client. */
export interface ToolItem {
  readonly kind: "tool";
  readonly index: number;
  readonly id: string;
  readonly part: number;
  readonly callId: string;
  readonly name: string;
  readonly custom: boolean;
  /** A search for tools. */
  readonly search: boolean;
  readonly namespace: string | undefined;
  input: string;
  /** Where the input stands. */
  readonly end: ObjectEnd;
  signature: string;
}

/** An item that is being sent to a client: the stream's own, changed in place. */
export type ReplyItem = MessageItem | ReasoningItem | ToolItem;

/** What a client has been sent so far: the stream's own, changed in place. */
export interface FacadeState {
  readonly context: FacadeContext;
  /** What every response repeats of its request. */
  readonly echo: Body;
  /** Nothing is sent on the way: the answer is wanted whole. */
  readonly silent: boolean;
  /** Frames of the step that is being made. */
  frames: FrameText[];
  /** The number of the next event. */
  sequence: number;
  created: boolean;
  start: MessageStart | undefined;
  /** The message or reasoning that is open: items come one after the other, but for tool calls. */
  current: MessageItem | ReasoningItem | undefined;
  /** Tool calls that are open, by their part. */
  readonly tools: Map<number, ToolItem>;
  /** Those whose input is whole: they end when another item begins. */
  readonly wholeTools: Set<ToolItem>;
  /** Items that were sent to their end, each at its number. */
  readonly output: Writable[];
  /** How many items have begun. */
  items: number;
  /** Whether thinking of other vendors is shown as a summary. */
  readonly summarizes: boolean;
  /** Whether the client itself searches for tools: a call of that has an item of its own. */
  readonly searchesTools: boolean;
  /** Ids of the vendor's own reasoning that were sent: an id must not come twice. */
  readonly reasoningIds: Set<string>;
  /** Parts of tools that were sent to their end. */
  readonly toolsDone: Set<number>;
  refused: boolean;
  /** Likelihoods that wait for a text. */
  tokens: TokenLogprob[];
  finish: Finish | undefined;
  usage: Usage | undefined;
  extras: string;
}

/** Whether the client asked for a summary of the reasoning: it shows nothing else of it. */
function asksSummary({ origin }: FacadeContext): boolean {
  const { summary, generate_summary } = objectAt(origin?.json ?? {}, "reasoning") ?? {};
  return typeof (summary ?? generate_summary) === "string";
}

/** The state before the first event. */
export function createState(context: FacadeContext, silent: boolean): FacadeState {
  return {
    context,
    echo: echoOf(context),
    summarizes: asksSummary(context),
    searchesTools: declaresToolSearch(context.origin?.json ?? {}),
    silent,
    frames: [],
    sequence: 0,
    created: false,
    start: undefined,
    current: undefined,
    tools: new Map(),
    wholeTools: new Set(),
    output: [],
    items: 0,
    reasoningIds: new Set(),
    toolsDone: new Set(),
    refused: false,
    tokens: [],
    finish: undefined,
    usage: undefined,
    extras: "",
  };
}

/** Takes the frames of a step, which begins the next. */
export function takeFrames(state: FacadeState): readonly FrameText[] {
  const { frames } = state;
  state.frames = [];
  return frames;
}

/** Adds the frame of an event, with its number. */
export function emit(state: FacadeState, type: string, body: Body): void {
  const { sequence } = state;
  state.sequence += 1;
  if (state.silent) return;
  state.frames.push(
    `event: ${type}\ndata: ${onOneLine(writeJson({ type, sequence_number: sequence, ...body }))}\n\n`,
  );
}

/** Where a delta belongs. */
export interface DeltaPlace {
  readonly item: ReplyItem;
  /** The number within the item, with its name; absent where an item has but one. */
  readonly at?: readonly [name: "content_index" | "summary_index", index: number];
}

/**
 * As emit, for what a stream has one of for each token: `rest` is the text of further members, with
 * its comma.
 */
export function emitDelta(
  state: FacadeState,
  type: string,
  { item, at }: DeltaPlace,
  delta: string,
  rest = "",
): void {
  const { sequence } = state;
  state.sequence += 1;
  if (state.silent) return;
  const inner = at === undefined ? "" : `"${at[0]}":${at[1]},`;
  const where = `"item_id":${JSON.stringify(item.id)},"output_index":${item.index},${inner}`;
  state.frames.push(
    `event: ${type}\ndata: {"type":"${type}","sequence_number":${sequence},${where}"delta":${JSON.stringify(delta)}${rest}}\n\n`,
  );
}

/** Tells that the response has begun; once. */
export function createResponse(state: FacadeState): void {
  if (state.created) return;
  state.created = true;
  if (state.silent) {
    state.sequence += 2;
    return;
  }
  const response = responseOf(state, { status: "in_progress" });
  emit(state, "response.created", { response });
  emit(state, "response.in_progress", { response });
}

/** What changes in a response as it goes on. */
export interface ResponseParts {
  readonly status: string;
  readonly why?: string;
  readonly output?: readonly Writable[];
  readonly error?: Writable;
}

/** The response as an object. */
export function responseOf(state: FacadeState, parts: ResponseParts): Body {
  const { usage } = state;
  const { id, model, createdAt, tier } = identityOf(state);
  const body: Body = {
    id,
    object: "response",
    created_at: createdAt,
    status: parts.status,
    background: false,
    error: parts.error ?? null,
    incomplete_details: parts.why === undefined ? null : { reason: parts.why },
    model,
    output: parts.output ?? [],
    service_tier: openaiTier(tier) ?? null,
    usage: usage === undefined ? null : encodeUsage(usage),
    ...state.echo,
  };
  for (const [key, text] of (state.extras === "" ? undefined : membersOf(state.extras)) ?? []) {
    if (!RESPONSE_MEMBERS.has(key)) body[key] = rawJson(text);
  }
  return body;
}

/** The id, model and time that the vendor sent, and the call's own where they are absent. */
function identityOf({ start, context, usage }: FacadeState): {
  readonly id: string;
  readonly model: string;
  readonly createdAt: Writable;
  readonly tier: string;
} {
  const madeId = `resp_${context.callId}`;
  if (start === undefined) {
    return {
      id: madeId,
      model: context.model,
      createdAt: context.nowUnixS,
      tier: usage?.serviceTier ?? "",
    };
  }
  return {
    id: responseId(start.id) ?? madeId,
    model: start.model || context.model,
    createdAt: start.createdUnixS || context.nowUnixS,
    tier: usage?.serviceTier || start.serviceTier,
  };
}

/** Clients expect ids that begin with `resp_`; an id of another vendor gets that before it. */
function responseId(id: string): string | undefined {
  if (id === "") return undefined;
  return id.startsWith("resp_") ? id : `resp_${id}`;
}

/** The number of the next item, and an id for it. */
export function nextItem(
  state: FacadeState,
  prefix: string,
): { readonly index: number; readonly id: string } {
  createResponse(state);
  const index = state.items;
  state.items += 1;
  return { index, id: `${prefix}_${state.context.callId}_${index}` };
}

/** Tells that an item has begun. */
export function addedItem(state: FacadeState, index: number, item: Writable): void {
  emit(state, "response.output_item.added", { output_index: index, item });
}

/** Tells that an item is whole. */
export function doneItem(state: FacadeState, index: number, item: Writable): void {
  state.output[index] = item;
  emit(state, "response.output_item.done", { output_index: index, item });
}
