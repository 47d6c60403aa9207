import { asNumber, asObject, type JsonObject } from "../json-value.ts";
import type { Answer, AnswerPart, RequestFacts, Stop } from "../plan-answer.ts";
import type { Scenario } from "../scenario.ts";
import { wordPieces } from "../text-pieces.ts";
import type { VendorReply } from "../vendor-reply.ts";
import { geminiHeaders } from "./gemini-headers.ts";
import { generateUsage } from "./generate-usage.ts";
import { groundingMetadata } from "./grounding-metadata.ts";
import { thoughtSignature } from "./thought-signature.ts";
import { isThirdGeneration } from "./validate-generate.ts";

/** Everything a reply is made of. */
export interface GenerateTurn {
  readonly body: JsonObject;
  readonly facts: RequestFacts;
  readonly scenario: Scenario;
  readonly answer: Answer;
  readonly ordinal: number;
}

/** The unary reply, pretty-printed as Google sends it. */
export function unaryReply(turn: GenerateTurn): VendorReply {
  const count = asNumber(asObject(turn.body.generationConfig)?.candidateCount) ?? 1;
  const parts = unaryParts(turn);
  const whole = isBlocked(turn)
    ? { promptFeedback: blocked }
    : {
        candidates: Array.from({ length: count }, (_, index) => ({
          content: { ...(parts.length === 0 ? {} : { parts }), role: "model" },
          ...ending(turn),
          index,
        })),
      };
  return {
    status: 200,
    headers: geminiHeaders(),
    frames: [Buffer.from(`${JSON.stringify({ ...whole, ...envelope(turn, true) }, null, 2)}\n`)],
    ending: "end",
  };
}

/**
 * The streamed reply: server-sent events that end with CRLF, each an answer that holds what is new.
 * There is no last word.
 */
export function streamReply(turn: GenerateTurn): VendorReply {
  const answers = isBlocked(turn) ? [{ promptFeedback: blocked }] : streamedAnswers(turn);
  const frames = answers.map((answer, position) => {
    const json = { ...answer, ...envelope(turn, position === answers.length - 1) };
    return Buffer.from(`data: ${JSON.stringify(json)}\r\n\r\n`);
  });
  return {
    status: 200,
    headers: { ...geminiHeaders("text/event-stream"), "content-disposition": "attachment" },
    frames,
    ending: "end",
  };
}

function streamedAnswers(turn: GenerateTurn): readonly JsonObject[] {
  const pieces = turn.answer.parts.flatMap((part) => streamedParts(turn, part));
  const [last, ...before] = [...pieces, ...closing(turn)].reverse();
  const candidate = (part: JsonObject | undefined, more: JsonObject): JsonObject => ({
    candidates: [
      {
        content: { ...(part === undefined ? {} : { parts: [part] }), role: "model" },
        ...more,
        index: 0,
      },
    ],
  });
  return [...before.reverse().map((part) => candidate(part, {})), candidate(last, ending(turn))];
}

/** A signature of its own ends what was thought about, and an empty text what ends with a call. */
function closing(turn: GenerateTurn): readonly JsonObject[] {
  if (signsText(turn)) return [{ text: "", thoughtSignature }];
  return turn.answer.stop === "tool" ? [{ text: "" }] : [];
}

/** A text comes in pieces, a call in one. */
function streamedParts(turn: GenerateTurn, part: AnswerPart): readonly JsonObject[] {
  if (part.type === "text") return wordPieces(part.text).map((text) => ({ text }));
  if (part.type === "thinking" && tellsThoughts(turn)) {
    return wordPieces(part.text).map((text) => ({ text, thought: true }));
  }
  return partOf(turn, part);
}

function unaryParts(turn: GenerateTurn): readonly JsonObject[] {
  const parts = turn.answer.parts.flatMap((part) => partOf(turn, part));
  return signsText(turn)
    ? parts.map((part, index) =>
        index === parts.length - 1 ? { ...part, thoughtSignature } : part,
      )
    : parts;
}

function partOf(turn: GenerateTurn, part: AnswerPart): readonly JsonObject[] {
  switch (part.type) {
    case "text":
    case "refusal":
      return [{ text: part.text }];
    case "thinking":
      return tellsThoughts(turn) && part.text !== "" ? [{ text: part.text, thought: true }] : [];
    case "tool_call":
      return [callPart(turn, part)];
    case "redacted_thinking":
    case "web_search":
      return [];
  }
}

/** The first call of a turn is signed; the third generation gives its calls ids. */
function callPart(
  { answer, facts }: GenerateTurn,
  part: AnswerPart & { readonly type: "tool_call" },
): JsonObject {
  const first = answer.parts.find(({ type }) => type === "tool_call") === part;
  const args: JsonObject = JSON.parse(part.argumentsJson);
  const id = isThirdGeneration(facts.model) ? { id: part.id } : {};
  return { functionCall: { ...id, name: part.name, args }, ...(first ? { thoughtSignature } : {}) };
}

/** Thoughts are told to those who ask for them only. */
function tellsThoughts({ body }: GenerateTurn): boolean {
  return asObject(asObject(body.generationConfig)?.thinkingConfig)?.includeThoughts === true;
}

/** An answer that was thought about ends with a signature. */
function signsText({ answer }: GenerateTurn): boolean {
  return answer.parts.some(({ type }) => type === "thinking" || type === "redacted_thinking");
}

function isBlocked({ answer }: GenerateTurn): boolean {
  return answer.stop === "refusal";
}

const safetyRatings = [
  { category: "HARM_CATEGORY_HATE_SPEECH", probability: "NEGLIGIBLE" },
  { category: "HARM_CATEGORY_DANGEROUS_CONTENT", probability: "HIGH", blocked: true },
];
const blocked = { blockReason: "SAFETY", safetyRatings };

function ending({ answer }: GenerateTurn): JsonObject {
  const reasons: Readonly<Record<Stop, string>> = {
    end: "STOP",
    stop_sequence: "STOP",
    tool: "STOP",
    pause: "STOP",
    refusal: "SAFETY",
    content_filter: "SAFETY",
    length: "MAX_TOKENS",
    context_window: "MAX_TOKENS",
  };
  const cited = answer.parts.find((part) => part.type === "text" && part.cited !== undefined);
  return {
    finishReason: reasons[answer.stop],
    ...(answer.stop === "content_filter" ? { safetyRatings } : {}),
    ...(cited?.type === "text" ? { groundingMetadata: groundingMetadata(cited.text) } : {}),
  };
}

/** Usage comes with every answer; the tokens of the candidates are whole at the end only. */
function envelope(turn: GenerateTurn, last: boolean): JsonObject {
  return {
    usageMetadata: generateUsage(turn.scenario, turn.facts, turn.answer, last),
    modelVersion: turn.facts.model,
    responseId: `sim${turn.ordinal}`,
  };
}
