import { printEvent } from "../../upstream/print-event-stream.ts";
import { redactedThinkingData, thinkingSignature } from "../anthropic/thinking-signature.ts";
import { type JsonObject, parseJson } from "../json-value.ts";
import type { Answer, AnswerPart, RequestFacts, Stop } from "../plan-answer.ts";
import type { Scenario } from "../scenario.ts";
import { countTokens, evenPieces, wordPieces } from "../text-pieces.ts";
import type { VendorReply } from "../vendor-reply.ts";
import { bedrockHeaders } from "./error-reply.ts";

/** Everything a reply of Converse is made of. */
export interface ConverseTurn {
  readonly facts: RequestFacts;
  readonly scenario: Scenario;
  readonly answer: Answer;
  readonly ordinal: number;
}

/**
 * The usage of the usage scenario: every detail that Converse reports, each with a number of its
 * own.
 */
export const bedrockUsage = {
  cacheDetails: [
    { inputTokens: 1024, ttl: "5m" },
    { inputTokens: 512, ttl: "1h" },
  ],
  cacheReadInputTokenCount: 4096,
  cacheReadInputTokens: 4096,
  cacheWriteInputTokenCount: 1536,
  cacheWriteInputTokens: 1536,
  inputTokens: 22,
  outputTokens: 300,
  serverToolUsage: {},
  totalTokens: 5954,
} as const satisfies JsonObject;

/** The reply of Converse. */
export function unaryReply(turn: ConverseTurn): VendorReply {
  const body = {
    metrics: { latencyMs: 12 },
    output: { message: { content: turn.answer.parts.flatMap(blockOf), role: "assistant" } },
    stopReason: stopReason(turn.answer.stop),
    usage: usageOf(turn),
  };
  return {
    status: 200,
    headers: bedrockHeaders(turn.ordinal),
    frames: [Buffer.from(JSON.stringify(body))],
    ending: "end",
  };
}

/**
 * The reply of ConverseStream: a message of the event stream for each event; `p` hides its length,
 * as the vendor does.
 */
export function streamReply(turn: ConverseTurn): VendorReply {
  const blocks = turn.answer.parts.map(stepsOf).filter((steps) => steps.length > 0);
  const events: (readonly [type: string, json: JsonObject])[] = [
    ["messageStart", { role: "assistant" }],
    ...blocks.flatMap((steps, contentBlockIndex) => [
      ...steps.map(([type, json]) => [type, { contentBlockIndex, ...json }] as const),
      ["contentBlockStop", { contentBlockIndex }] as const,
    ]),
    ["messageStop", { stopReason: stopReason(turn.answer.stop) }],
    ["metadata", { metrics: { latencyMs: 12 }, usage: usageOf(turn) }],
  ];
  return {
    status: 200,
    headers: bedrockHeaders(turn.ordinal, "application/vnd.amazon.eventstream"),
    frames: events.map(([type, json], position) =>
      printEvent(type, { ...json, p: "abcdefghijklmnopqrstuvwxyz".slice(0, (position * 7) % 26) }),
    ),
    ending: "end",
  };
}

function blockOf(part: AnswerPart): readonly JsonObject[] {
  switch (part.type) {
    case "text":
      if (part.cited === undefined) return [{ text: part.text }];
      return [{ citationsContent: { citations: [citation], content: [{ text: part.text }] } }];
    case "tool_call":
      return [
        {
          toolUse: {
            input: parseJson(part.argumentsJson) ?? {},
            name: part.name,
            toolUseId: toolUseId(part),
          },
        },
      ];
    case "thinking":
      return [
        {
          reasoningContent: {
            reasoningText: { signature: thinkingSignature(part.text), text: part.text },
          },
        },
      ];
    case "redacted_thinking":
      return [{ reasoningContent: { redactedContent: redactedThinkingData } }];
    case "refusal":
      return [{ text: part.text }];
    case "web_search":
      return [];
  }
}

type BlockStep = readonly [type: "contentBlockStart" | "contentBlockDelta", json: JsonObject];

/** Only tools are announced by a start of their own. */
function stepsOf(part: AnswerPart): readonly BlockStep[] {
  const delta = (json: JsonObject): BlockStep => ["contentBlockDelta", { delta: json }];
  switch (part.type) {
    case "text": {
      const steps = wordPieces(part.text).map((text) => delta({ text }));
      return part.cited === undefined ? steps : [...steps, delta({ citation })];
    }
    case "refusal":
      return wordPieces(part.text).map((text) => delta({ text }));
    case "tool_call":
      return [
        [
          "contentBlockStart",
          { start: { toolUse: { name: part.name, toolUseId: toolUseId(part) } } },
        ],
        ...evenPieces(part.argumentsJson, 6).map((input) => delta({ toolUse: { input } })),
      ];
    case "thinking":
      return [
        ...wordPieces(part.text).map((text) => delta({ reasoningContent: { text } })),
        delta({ reasoningContent: { signature: thinkingSignature(part.text) } }),
      ];
    case "redacted_thinking":
      return [delta({ reasoningContent: { redactedContent: redactedThinkingData } })];
    case "web_search":
      return [];
  }
}

function toolUseId(part: AnswerPart & { readonly type: "tool_call" }): string {
  return part.id.replace("call_", "tooluse_");
}

const citation = {
  location: { documentChar: { documentIndex: 0, end: 19, start: 0 } },
  sourceContent: [{ text: "The grass is green." }],
  title: "Facts",
};

function stopReason(stop: Stop): string {
  const reasons: Readonly<Record<Stop, string>> = {
    end: "end_turn",
    tool: "tool_use",
    length: "max_tokens",
    stop_sequence: "stop_sequence",
    refusal: "end_turn",
    content_filter: "content_filtered",
    pause: "end_turn",
    context_window: "model_context_window_exceeded",
  };
  return reasons[stop];
}

function usageOf({ scenario, facts, answer }: ConverseTurn): JsonObject {
  if (scenario.name === "usage") return bedrockUsage;
  const written = answer.parts.map((part) =>
    part.type === "tool_call" ? part.name + part.argumentsJson : "text" in part ? part.text : "",
  );
  const inputTokens = countTokens(facts.promptText);
  const outputTokens = Math.max(1, countTokens(written.join("")));
  return {
    inputTokens,
    outputTokens,
    serverToolUsage: {},
    totalTokens: inputTokens + outputTokens,
  };
}
