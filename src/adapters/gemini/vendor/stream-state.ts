import type { JsonObject } from "../../../json/json.ts";
import type { PartialArg } from "./partial-args.ts";

/** What is known of a stream between two frames: the stream's own, changed in place. */
export interface StreamState {
  started: boolean;
  responseId: string;
  /** By index, in the order in which they began. */
  readonly choices: Map<number, ChoiceState>;
  /** Why the prompt was blocked, in the vendor's word; "" when it was not. */
  blocked: string;
  /** The counts emitted last: counts are emitted only when they change. */
  counts: string;
  /** Members of the answer that only this dialect has, so far, each as JSON text. */
  readonly extras: Map<string, string>;
}

/** One candidate. */
export interface ChoiceState {
  readonly index: number;
  /** How many parts have begun. */
  parts: number;
  open: OpenPart | undefined;
  /** How many tool calls have begun. */
  calls: number;
  call: OpenCall | undefined;
  /** Why it stopped, in the vendor's word. Undefined: it has not said so. */
  finished: string | undefined;
  /** Its text, for the places of citations. */
  readonly texts: { readonly part: number; text: string }[];
  readonly grounding: JsonObject[];
  readonly quotations: JsonObject[];
  /** Members of the candidate that only this dialect has, so far, each as JSON text. */
  readonly extras: Map<string, string>;
}

/** The part that the next piece of its kind goes on with. */
export interface OpenPart {
  readonly kind: "text" | "thought" | "audio";
  readonly part: number;
  /** The format of sound. */
  readonly format: string;
}

/** A tool call whose arguments arrive in pieces. */
export interface OpenCall {
  readonly part: number;
  readonly pieces: PartialArg[];
}

/** The state before the first frame. */
export function begin(): StreamState {
  return {
    started: false,
    responseId: "",
    choices: new Map(),
    blocked: "",
    counts: "",
    extras: new Map(),
  };
}

/** A candidate that has said nothing. */
export function beginChoice(index: number): ChoiceState {
  return {
    index,
    parts: 0,
    open: undefined,
    calls: 0,
    call: undefined,
    finished: undefined,
    texts: [],
    grounding: [],
    quotations: [],
    extras: new Map(),
  };
}
