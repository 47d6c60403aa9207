import type { Usage } from "../../../gen/parlance/chat/v1/usage_pb.js";
import type { FacadeContext } from "../../core/dialect.ts";

/** Reasoning so far, for the whole block that follows its signature. */
export interface ReasoningSoFar {
  readonly part: number;
  readonly text: string;
  readonly signature: string;
  readonly encrypted: string;
  readonly summaries: readonly string[];
  readonly id: string;
  readonly dialect: string;
}

/** What is known of a choice between events. */
export interface FacadeChoice {
  readonly index: number;
  /** The parts that are tool calls, in order: their place is OpenAI's `index`. */
  readonly calls: readonly number[];
  /** UTF-16 units of content so far, and where the text part that grows began in it. */
  readonly length: number;
  readonly textPart: number;
  readonly textStart: number;
  readonly reasonings: readonly ReasoningSoFar[];
}

/** The encoder's state between events; never changed in place. */
export interface FacadeStreamState {
  readonly context: FacadeContext;
  /** The JSON text that every chunk begins with. */
  readonly head: string;
  readonly choices: readonly FacadeChoice[];
  readonly usage: Usage | undefined;
  readonly extras: string | undefined;
}

/** A choice of which nothing was said. */
export function openChoice(index: number): FacadeChoice {
  return { index, calls: [], length: 0, textPart: -1, textStart: 0, reasonings: [] };
}

/** The state with another state of one choice. */
export function replaceChoice(state: FacadeStreamState, changed: FacadeChoice): FacadeStreamState {
  const choices = state.choices.map((choice) => (choice.index === changed.index ? changed : choice));
  return { ...state, choices };
}

/** The choice after `length` more units of text in a part. */
export function addText(choice: FacadeChoice, part: number, length: number): FacadeChoice {
  const same = part === choice.textPart;
  return {
    ...choice,
    length: choice.length + length,
    textPart: part,
    textStart: same ? choice.textStart : choice.length,
  };
}
