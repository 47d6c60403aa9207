import { describeMedia, type Media } from "./describe-media.ts";
import type { Json } from "./json-value.ts";
import type { Scenario } from "./scenario.ts";
import { schemaExample } from "./schema-example.ts";

/** What a scenario needs to know of a request; each vendor reads it from its own wire format. */
export interface RequestFacts {
  readonly model: string;
  readonly stream: boolean;
  /** The text of the last user message, its parts joined by one space. */
  readonly lastUserText: string;
  /** All text of the request, for token counts. */
  readonly promptText: string;
  readonly media: readonly Media[];
  readonly tools: readonly { readonly name: string; readonly schema: Json | undefined }[];
  readonly toolChoice: "auto" | "none" | "required" | { readonly name: string };
  readonly parallelToolCalls: boolean;
  /** The results that end the request, as text; empty when it ends otherwise. */
  readonly toolResults: readonly string[];
  /** The schema asked for; null for JSON of any shape; undefined for free text. */
  readonly outputSchema: Json | undefined;
  readonly stopSequence: string | undefined;
}

/** One part of an answer. */
export type AnswerPart =
  | { readonly type: "text"; readonly text: string; readonly cited?: "document" | "web" }
  | {
      readonly type: "tool_call";
      readonly id: string;
      readonly name: string;
      readonly argumentsJson: string;
    }
  | { readonly type: "thinking"; readonly text: string }
  | { readonly type: "redacted_thinking" }
  | { readonly type: "refusal"; readonly text: string }
  | {
      readonly type: "web_search";
      readonly id: string;
      readonly query: string;
      readonly done: boolean;
    };

/** Why an answer ends. */
export type Stop =
  | "end"
  | "tool"
  | "length"
  | "stop_sequence"
  | "content_filter"
  | "refusal"
  | "pause"
  | "context_window";

/** An answer before it is written in a vendor's format. */
export interface Answer {
  readonly parts: readonly AnswerPart[];
  readonly stop: Stop;
  /** Argument deltas of the tool calls alternate in a stream. */
  readonly interleaved: boolean;
}

/** The reasoning text of the thinking scenarios. */
export const thinkingText = "The user greets me. A short answer will do.";

/** The multi-byte text of the unicode scenario: 2, 3 and 4 byte characters, joiners and flags. */
export const unicodeText =
  "Gr\u00fc\u00dfe \u4e16\u754c \u{1F44B}\u{1F3FD} na\u00efve \u{1F468}\u200D\u{1F469}\u200D\u{1F467} \u{1F1EF}\u{1F1F5} \u0645\u0631\u062d\u0628\u0627 \u2028 end";

/** The text before the call in scenario text-and-tools. */
export const prefaceText = "I will look that up.";

/** The text of a refusal. */
export const refusalText = "I'm sorry, I can't help with that.";

/** Decides what a model would say in this scenario. `ordinal` makes ids unique per request. */
export function planAnswer(scenario: Scenario, facts: RequestFacts, ordinal: number): Answer {
  const text = scenario.text ?? `You said: ${facts.lastUserText}`;
  const say = (stop: Stop, ...parts: AnswerPart[]): Answer => ({ parts, stop, interleaved: false });
  const spoken: AnswerPart = { type: "text", text };
  switch (scenario.name) {
    case "tools":
    case "text-and-tools":
      return planTools(scenario, facts, ordinal, 1);
    case "parallel-tools":
    case "interleaved-tools":
      return planTools(scenario, facts, ordinal, facts.parallelToolCalls ? 2 : 1);
    case "image":
      return say("end", {
        type: "text",
        text:
          facts.media.map((media, index) => describeMedia(media, index + 1)).join("\n") ||
          "no media",
      });
    case "structured":
      return planStructured(scenario, facts, ordinal);
    case "thinking":
      return say("end", { type: "thinking", text: thinkingText }, spoken);
    case "redacted-thinking":
      return say("end", { type: "redacted_thinking" }, spoken);
    case "signature-only":
      return say("end", { type: "thinking", text: "" }, spoken);
    case "refusal":
      return say("refusal", { type: "refusal", text: refusalText });
    case "length":
      return say("length", spoken);
    case "stop-sequence":
      return say("stop_sequence", spoken);
    case "content-filter":
      return say("content_filter", spoken);
    case "pause-turn":
      return say("pause", {
        type: "web_search",
        id: `srvtoolu_${ordinal}`,
        query: facts.lastUserText,
        done: false,
      });
    case "context-window":
      return say("context_window", spoken);
    case "citations":
      return say(
        "end",
        { type: "text", text, cited: "document" },
        { type: "text", text: " That is all." },
      );
    case "server-tools":
      return say(
        "end",
        { type: "web_search", id: `srvtoolu_${ordinal}`, query: facts.lastUserText, done: true },
        { type: "text", text, cited: "web" },
      );
    case "unicode":
      return say("end", { type: "text", text: scenario.text ?? unicodeText });
    default:
      return say("end", spoken);
  }
}

function planTools(
  scenario: Scenario,
  facts: RequestFacts,
  ordinal: number,
  count: number,
): Answer {
  const forced = facts.toolChoice;
  const named =
    typeof forced === "object"
      ? facts.tools.filter((tool) => tool.name === forced.name)
      : facts.tools;
  const first = named[0];
  const answersResults =
    facts.toolResults.length > 0 && typeof forced !== "object" && forced !== "required";
  if (answersResults || first === undefined || forced === "none") {
    const said =
      facts.toolResults.length > 0
        ? `The tool said: ${facts.toolResults.join(" | ")}`
        : `You said: ${facts.lastUserText}`;
    return {
      parts: [{ type: "text", text: scenario.text ?? said }],
      stop: "end",
      interleaved: false,
    };
  }
  const preface: readonly AnswerPart[] =
    scenario.name === "text-and-tools" ? [{ type: "text", text: prefaceText }] : [];
  const chosen = count === 1 ? [first] : [first, named[1] ?? first];
  const calls = chosen.map(
    (tool, index): AnswerPart => ({
      type: "tool_call",
      id: `call_sim${ordinal}_${index}`,
      name: tool.name,
      argumentsJson: JSON.stringify(schemaExample(tool.schema) ?? {}),
    }),
  );
  return {
    parts: [...preface, ...calls],
    stop: "tool",
    interleaved: scenario.name === "interleaved-tools",
  };
}

function planStructured(scenario: Scenario, facts: RequestFacts, ordinal: number): Answer {
  if (
    facts.outputSchema === undefined &&
    (typeof facts.toolChoice === "object" || facts.toolChoice === "required")
  ) {
    return planTools({ name: "tools" }, facts, ordinal, 1);
  }
  const value =
    facts.outputSchema === null
      ? { answer: `You said: ${facts.lastUserText}` }
      : schemaExample(facts.outputSchema);
  const text =
    facts.outputSchema === undefined ? `You said: ${facts.lastUserText}` : JSON.stringify(value);
  return {
    parts: [{ type: "text", text: scenario.text ?? text }],
    stop: "end",
    interleaved: false,
  };
}
