import type { Usage } from "../../../../gen/parlance/chat/v1/usage_pb.js";
import type { FacadeContext } from "../../../core/dialect.ts";

/** Reasoning so far, for the whole block that follows its signature. */
export interface ReasoningSoFar {
  readonly part: number;
  text: string;
  signature: string;
  encrypted: string;
  readonly summaries: string[];
  id: string;
  dialect: string;
  /** Whether its proof was sent, and whether more of the proof has come since. */
  proof: "none" | "sent" | "outdated";
}

/** Where a tool call stands among those of its choice, and its kind. */
export interface SentCall {
  readonly index: number;
  readonly custom: boolean;
  /** Whether any input was sent. */
  fed: boolean;
}

/** What is known of a choice between events. */
export interface FacadeChoice {
  readonly index: number;
  /** The tool calls by their parts: their place is OpenAI's `index`. */
  readonly calls: Map<number, SentCall>;
  /** UTF-16 units of content so far, and where the text part that grows began in it. */
  length: number;
  textPart: number;
  textStart: number;
  readonly reasonings: Map<number, ReasoningSoFar>;
  /** Reasonings whose proof grew after it was sent: it is sent once more when they end. */
  readonly outdated: Set<ReasoningSoFar>;
}

/** The encoder's state between events: the stream's own, changed in place. */
export interface FacadeStreamState {
  readonly context: FacadeContext;
  /** The JSON text that every chunk begins with. */
  head: string;
  /** By index, in the order in which they began. */
  readonly choices: Map<number, FacadeChoice>;
  usage: Usage | undefined;
  extras: string | undefined;
}

/** A choice of which nothing was said. */
export function openChoice(index: number): FacadeChoice {
  return {
    index,
    calls: new Map(),
    length: 0,
    textPart: -1,
    textStart: 0,
    reasonings: new Map(),
    outdated: new Set(),
  };
}

/** Counts `length` more units of text in a part. */
export function addText(choice: FacadeChoice, part: number, length: number): void {
  if (part !== choice.textPart) choice.textStart = choice.length;
  choice.textPart = part;
  choice.length += length;
}
