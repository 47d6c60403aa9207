import type { JsonObject } from "../../core/json.ts";
import type { AnswerText } from "./citation.ts";
import type { PartialArg } from "./partial-args.ts";

/** What is known of a stream between two frames. Never changed in place. */
export interface StreamState {
  readonly started: boolean;
  readonly responseId: string;
  readonly choices: readonly ChoiceState[];
  /** Why the prompt was blocked, in the vendor's word; "" when it was not. */
  readonly blocked: string;
  /** The counts told last, to tell of them only when they change. */
  readonly counts: string;
  /** Members of the answer that only this dialect has, so far; "" for none. */
  readonly extras: string;
}

/** One candidate. */
export interface ChoiceState {
  readonly index: number;
  /** How many parts have begun. */
  readonly parts: number;
  readonly open: OpenPart | undefined;
  /** How many tool calls have begun. */
  readonly calls: number;
  readonly call: OpenCall | undefined;
  /** Why it stopped, in the vendor's word. Undefined: it has not said so. */
  readonly finished: string | undefined;
  /** Its text, for the places of citations. */
  readonly texts: readonly AnswerText[];
  readonly grounding: readonly JsonObject[];
  readonly quotations: readonly JsonObject[];
  /** Members of the candidate that only this dialect has, so far; "" for none. */
  readonly extras: string;
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
  readonly pieces: readonly PartialArg[];
}

/** The state before the first frame. */
export function begin(): StreamState {
  return { started: false, responseId: "", choices: [], blocked: "", counts: "", extras: "" };
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
    extras: "",
  };
}
