import type { Part } from "../../../gen/parlance/chat/v1/part_pb.js";

/**
 * What of a part reaches the vendor: enough for a message of its own, only what stands beside
 * something else (reasoning before an answer), or nothing.
 */
export type Sending = "alone" | "beside" | "never";

/**
 * What a vendor demands of the order and the shape of a conversation. One value for each vendor or
 * model; everything that is done to obey it is in the report.
 */
export interface TurnRules {
  /** What reaches the vendor of a part; `answer`: it stands in an answer of the model. */
  readonly sends: (part: Part, answer: boolean) => Sending;
  /** Whether every call needs a result, unless it stands last, and every result its call. */
  readonly pairsCalls: boolean;
  /** Whether results must stand right behind their calls. Words between them move behind them. */
  readonly resultsBehindCalls: boolean;
  /**
   * Whose messages in a row are sent as one: nobody's, the model's, or those of either side, for
   * vendors that want turns to alternate.
   */
  readonly joins: "none" | "answers" | "all";
  /** Whether the first message, but for instructions, must be the user's. */
  readonly startsWithUser: boolean;
  /** Whether the words of an answer must stand before its calls of tools. */
  readonly textBeforeCalls: boolean;
  /** Whether an answer must stand between results and the next words of the user. */
  readonly answerBehindResults: boolean;
  /**
   * Where instructions are taken beside the start: anywhere, behind a user's message, or nowhere,
   * so that they are the user's words or move to the start.
   */
  readonly laterInstructions: "anywhere" | "behind_user" | "as_user" | "at_start";
  /** Which results must not be empty. */
  readonly wordsInResults: "none" | "failures" | "all";
  /**
   * What becomes of an answer that stands last, for the model to go on with: it is taken, taken
   * without white space at its end, or refused, so that the user asks for its continuation.
   */
  readonly prefill: "taken" | "trimmed" | "refused";
}

/** What a dialect makes of parts. */
export interface SentParts {
  /** Whose opaque parts are sent. */
  readonly dialect: string;
  /**
   * Which texts are sent: any, though none as an answer that says nothing; those that are not
   * empty; or those with a visible character.
   */
  readonly text: "any" | "filled" | "visible";
}

/**
 * The rule of most vendors: an answer needs content, and reasoning alone is none; opaque parts of
 * other dialects are not sent.
 */
export function sendsParts({ dialect, text }: SentParts): TurnRules["sends"] {
  return ({ content }, answer) => {
    switch (content.case) {
      case "text":
      case "refusal":
        return isSent(content.value.text, text, answer) ? "alone" : "never";
      case "reasoning":
        return "beside";
      case "opaque":
        return content.value.dialect === dialect ? "alone" : "never";
      case undefined:
        return "never";
      default:
        return "alone";
    }
  };
}

function isSent(words: string, text: SentParts["text"], answer: boolean): boolean {
  if (text === "any" && !answer) return true;
  return text === "visible" ? words.trim() !== "" : words !== "";
}

/** What most vendors demand: results behind their calls, answers in a row as one. */
export const usualRules: Omit<TurnRules, "sends"> = {
  pairsCalls: true,
  resultsBehindCalls: true,
  joins: "answers",
  startsWithUser: false,
  textBeforeCalls: false,
  answerBehindResults: false,
  laterInstructions: "anywhere",
  wordsInResults: "none",
  prefill: "taken",
};
