import type { FrameText } from "../../../core/dialect.ts";
import type { Fault } from "../../../core/faults/fault.ts";
import type { PassContext } from "../../../core/pass-context.ts";
import { finish } from "../../../events/make-events.ts";
import {
  isObject,
  type Json,
  type JsonObject,
  looseNumber,
  objectAt,
  stringAt,
} from "../../../json/json.ts";
import { type Writable, writeJson } from "../../../json/write.ts";
import { mendCounts } from "../../shared/answers/mend-counts.ts";
import { encodeFinishReason, isFinishWord } from "../finish-reason.ts";
import type { Draft } from "../wire.ts";
import { mendChoice } from "./stream-part.ts";
import { createMendState, type MendState, takeDelta } from "./stream-state.ts";

/** Mends the chunks of one stream. */
export interface ChunkMender {
  /** Whether chunks have come with all that each must have: those to come have it as well. */
  settled(): boolean;
  /** Whether a chunk must be looked into. `text`: its bytes as latin1. */
  suspects(text: string): boolean;
  /** A chunk as clients read it: the vendor's own object where nothing is to mend. */
  mend(chunk: JsonObject): Mended;
  /** The frame that the vendor left out before `[DONE]`: the finish of its answer. "": none. */
  missingFinish(): FrameText;
}

/** What becomes of a chunk. */
export type Mended =
  | { readonly ok: true; readonly chunk: JsonObject | Draft }
  | { readonly ok: false; readonly fault: Fault };

interface Mending extends MendState {
  /** The members that every chunk has; undefined before the first chunk with a choice. */
  head: Draft | undefined;
  /** Every chunk lacks what clients need. */
  always: boolean;
  finished: boolean;
}

/** A mender that has seen nothing. */
export function createChunkMender(context: PassContext): ChunkMender {
  const state: Mending = {
    ...createMendState(context),
    head: undefined,
    always: false,
    finished: false,
  };
  return {
    settled: () => state.head !== undefined && !state.always,
    suspects: (text) => suspects(state, text),
    mend: (chunk) => mend(state, chunk),
    missingFinish: () => missingFinish(state),
  };
}

/** What clients fail at: a list for content, words for the finish that are none of the dialect. */
const ODD =
  /"content"\s*:\s*[[{]|"finish_reason"\s*:\s*(?!null|"(?:stop|length|tool_calls|content_filter|function_call)")/;

const CALLS = /"tool_calls"\s*:\s*[[{]/;

/** A fragment of arguments of one call, and nothing else of it. */
const FRAGMENT =
  /"tool_calls":\[\{"index":(\d{1,5}),"function":\{"arguments":"(?:[^"\\]|\\.)*"\}\}\]/;

const FINISH = /"finish_reason"\s*:\s*"/;

function suspects(state: Mending, text: string): boolean {
  if (state.head === undefined || state.always || ODD.test(text)) return true;
  const finishes = FINISH.test(text);
  if (finishes) state.finished = true;
  if (!CALLS.test(text)) return finishes && hasCalls(state);
  const index = FRAGMENT.exec(text)?.[1];
  return index === undefined || finishes || !flows(state, Number(index));
}

/**
 * Whether fragments of a call go to the client as they come, under the number that it has there.
 */
function flows({ work, choices, settler }: Mending, index: number): boolean {
  const [choice] = choices.values();
  if (choices.size !== 1 || choice === undefined) return false;
  const call = work.state.choices.get(choice.index)?.calls.byIndex.get(index);
  if (call === undefined || settler.holds(choice.index, call.part)) return false;
  return choice.calls.get(call.part)?.index === index;
}

function hasCalls({ choices }: Mending): boolean {
  for (const { calls } of choices.values()) if (calls.size > 0) return true;
  return false;
}

function mend(state: Mending, chunk: JsonObject): Mended {
  const sent = Array.isArray(chunk.choices) ? chunk.choices : [];
  const choices: Writable[] = [];
  for (const [at, choice] of sent.entries()) {
    if (!isObject(choice)) continue;
    const mended = mendChoice(state, choice, at);
    if (!mended.ok) return mended;
    if (isFinishWord(stringAt(choice, "finish_reason") ?? "")) state.finished = true;
    choices.push(mended.choice);
  }
  const usage = objectAt(chunk, "usage");
  const counted = usage === undefined ? undefined : mendCounts(usage, "_tokens");
  const head = headOf(state, chunk);
  if (sent.length > 0) note(state, sent, chunk, head);
  const same =
    counted === usage &&
    (sent.length === 0 || hasHead(chunk)) &&
    choices.length === sent.length &&
    choices.every((choice, at) => choice === sent[at]);
  if (same) return { ok: true, chunk };
  return {
    ok: true,
    chunk: {
      ...chunk,
      ...head,
      choices,
      ...(counted === undefined ? undefined : { usage: counted }),
    },
  };
}

/**
 * The first chunk with a choice tells whether the vendor leaves out what every chunk should have.
 */
function note(state: Mending, sent: readonly Json[], chunk: JsonObject, head: Draft): void {
  for (const choice of sent) if (isObject(choice) && endsHere(choice)) state.finished = true;
  if (state.head !== undefined) return;
  state.head = head;
  state.always = !hasHead(chunk) || !sent.every(isWhole);
}

function endsHere(choice: JsonObject): boolean {
  return (stringAt(choice, "finish_reason") ?? "") !== "";
}

/** Whether a choice has the members without which clients cannot place it. */
function isWhole(choice: Json): boolean {
  const delta = isObject(choice) && typeof choice.index === "number" ? choice.delta : undefined;
  return isObject(delta) && typeof delta.role === "string";
}

/** What a member holds is the vendor's affair: clients demand that it is there. */
function hasHead({ id, object, created, model }: JsonObject): boolean {
  return id !== undefined && object !== undefined && created !== undefined && model !== undefined;
}

function headOf({ head, context }: Mending, chunk: JsonObject): Draft {
  const created = Math.trunc(looseNumber(chunk.created));
  const known = Number.isSafeInteger(created) && created > 0;
  return {
    id: stringAt(chunk, "id") || (head?.id ?? `chatcmpl-${context.callId}`),
    object: "chat.completion.chunk",
    created: known ? created : (head?.created ?? context.nowUnixS),
    model: stringAt(chunk, "model") ?? head?.model ?? context.model,
  };
}

function missingFinish(state: Mending): FrameText {
  if (state.finished || state.head === undefined) return "";
  const open = [...state.choices.keys()];
  const choices = (open.length === 0 ? [0] : open).map((index) => {
    const delta = takeDelta(state, index, finish(0, "", ""));
    const reason = encodeFinishReason(0, (state.choices.get(index)?.calls.size ?? 0) > 0);
    return { index, delta, logprobs: null, finish_reason: reason };
  });
  return `data: ${writeJson({ ...state.head, choices })}\n\n`;
}
