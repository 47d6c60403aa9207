import { createHash } from "node:crypto";
import { expect } from "vitest";
import { thinkingSignature } from "../vendors/anthropic/thinking-signature.ts";
import { type JsonObject, parseJson } from "../vendors/json-value.ts";
import { thinkingText } from "../vendors/plan-answer.ts";
import type { RecordedRequest } from "../vendors/start-vendor-server.ts";
import type { Conversation, Outcome, Question, TokenCounts, ToolOffer } from "./client.ts";
import { readReasoning, readToolTurn } from "./read-turns.ts";
import type { UpstreamName } from "./start-matrix.ts";

/** What a cell knows of its surroundings. */
export interface Stage {
  readonly upstream: UpstreamName;
  readonly stream: boolean;
  /** A text that no other cell uses; part of every question. */
  readonly mark: string;
  /** The requests of this cell as the vendor received them. */
  readonly received: () => readonly RecordedRequest[];
}

/** A thing that applications do. */
export interface Scenario {
  readonly name: string;
  /** The scenario of the simulated vendor. */
  readonly vendorName: string;
  /** What is asked, beside model and text. */
  readonly settings: Omit<Question, "model" | "text" | "system">;
  /** Plays it against a healthy vendor and judges it. */
  readonly play: (conversation: Conversation, stage: Stage) => Promise<void>;
}

const place: JsonObject = {
  type: "object",
  properties: { city: { type: "string" }, days: { type: "integer", minimum: 1 } },
  required: ["city", "days"],
  additionalProperties: false,
};
/** The simplest value of `place`, which the vendors answer with. */
const placeExample = { city: 'sample "text" \u00fc', days: 1 };

const weather: ToolOffer = { name: "get_weather", description: "Tells the weather.", schema: place };
const zoned: JsonObject = {
  type: "object",
  properties: { zone: { type: "string", enum: ["Europe/Vienna", "Asia/Tokyo"] } },
  required: ["zone"],
  additionalProperties: false,
};
const clock: ToolOffer = { name: "get_time", description: "Tells the time.", schema: zoned };

const imageBytes = Uint8Array.from({ length: 1021 }, (_, index) => (index * 37) % 256);

/** The numbers of the vendors' usage scenario, in the contract's sums. */
export const usageNumbers: Readonly<Record<UpstreamName, TokenCounts>> = {
  openai: { input: 2006, cacheRead: 1920, cacheWrite: 64, output: 300, reasoning: 192 },
  anthropic: { input: 22 + 1536 + 4096, cacheRead: 4096, cacheWrite: 1536, output: 300, reasoning: 192 },
};

/**
 * What a vendor's API has no place for, and what is told instead. Nothing else of the matrix is impossible: every cell is
 * played by every client.
 */
export const absences: Readonly<Record<UpstreamName, { readonly signature?: string }>> = {
  openai: { signature: "chat completions sign no reasoning: clients get its words and an empty signature" },
  anthropic: {},
};

/** The scenarios of the matrix. */
export const scenarios: readonly Scenario[] = [
  {
    name: "text",
    vendorName: "text",
    settings: {},
    play: async (conversation, stage) => {
      const answer = await whole(conversation, stage, "stop");
      expect(answer.text).toBe(`You said: ${stage.mark}`);
      expect(answer.toolCalls).toEqual([]);
      expect(answer.reasoning).toBeUndefined();
      expect(answer.usage?.input).toBeGreaterThan(0);
      expect(answer.usage?.output).toBeGreaterThan(0);
    },
  },
  {
    name: "tools two turns",
    vendorName: "tools",
    settings: { tools: [weather, clock] },
    play: (conversation, stage) =>
      playTools(conversation, stage, [[weather.name, placeExample]], ["21 degrees \u00fc"]),
  },
  {
    name: "parallel tools",
    vendorName: "parallel-tools",
    settings: { tools: [weather, clock] },
    play: (conversation, stage) => {
      const calls = [
        [weather.name, placeExample],
        [clock.name, { zone: "Europe/Vienna" }],
      ] as const;
      return playTools(conversation, stage, calls, ["rain", "12:34"]);
    },
  },
  {
    name: "image",
    vendorName: "image",
    settings: { image: { mediaType: "image/png", bytes: imageBytes } },
    play: async (conversation, stage) => {
      const { text } = await whole(conversation, stage, "stop");
      const digest = createHash("sha256").update(imageBytes).digest("hex");
      expect(text).toBe(`image 1: image/png ${imageBytes.length} bytes sha256=${digest}`);
    },
  },
  {
    name: "structured output",
    vendorName: "structured",
    settings: { format: { name: "place", schema: place } },
    play: async (conversation, stage) => {
      const answer = await whole(conversation, stage, "stop");
      expect(parseJson(answer.text)).toEqual(placeExample);
      expect(answer.toolCalls).toEqual([]);
    },
  },
  {
    name: "thinking",
    vendorName: "thinking",
    settings: { reasoning: true },
    play: playThinking,
  },
  {
    name: "usage",
    vendorName: "usage",
    settings: {},
    play: async (conversation, stage) => {
      const answer = await whole(conversation, stage, "stop");
      expect(answer.usage).toEqual(usageNumbers[stage.upstream]);
    },
  },
];

/** Asks, and judges what holds for every answer. */
async function whole(conversation: Conversation, { stream }: Stage, finish: Outcome["finish"]): Promise<Outcome> {
  const answer = await conversation.ask({ stream });
  expect(answer.failure).toBeUndefined();
  expect(answer.ended).toBe(true);
  expect(answer.finish).toBe(finish);
  expect(answer.callId).toMatch(/./);
  if (stream) expect(answer.pieces).toBeGreaterThan(1);
  return answer;
}

/** The model calls tools, their answers go back, and the model quotes them. */
async function playTools(
  conversation: Conversation,
  stage: Stage,
  expected: readonly (readonly [name: string, input: JsonObject])[],
  results: readonly string[],
): Promise<void> {
  const { toolCalls } = await whole(conversation, stage, "tool_calls");
  expect(toolCalls.map(({ name, argumentsJson }) => [name, parseJson(argumentsJson)])).toEqual(expected);
  const ids = toolCalls.map(({ id }) => id);
  expect(ids).toEqual(expected.map((_, index) => expect.stringMatching(new RegExp(`^(call|toolu)_sim\\d+_${index}$`))));

  conversation.addToolAnswers(ids.map((id, index) => ({ id, text: results[index] ?? "" })));
  const said = await whole(conversation, stage, "stop");
  expect(said.text).toBe(`The tool said: ${results.join(" | ")}`);

  const [, second] = stage.received();
  const turn = readToolTurn(second?.json, stage.upstream);
  expect(turn.calls).toEqual(expected.map(([name, input], index) => ({ id: ids[index], name, input })));
  expect(turn.results).toEqual(results.map((text, index) => ({ id: ids[index], text })));
}

/** Reasoning arrives; a second turn brings it back with the proof that the vendor itself checks. */
async function playThinking(conversation: Conversation, stage: Stage): Promise<void> {
  const first = await whole(conversation, stage, "stop");
  expect(first.reasoning?.text).toBe(thinkingText);
  const signed = absences[stage.upstream].signature === undefined;
  const signature = signed ? thinkingSignature(thinkingText) : "";
  expect(first.reasoning?.signature).toBe(signature);
  expect(first.text).toBe(`You said: ${stage.mark}`);

  conversation.addUser(`And ${stage.mark}?`);
  const second = await whole(conversation, stage, "stop");
  expect(second.text).toBe(`You said: And ${stage.mark}?`);
  const proofs = signed ? [{ text: thinkingText, signature }] : [];
  expect(readReasoning(stage.received()[1]?.json)).toEqual(proofs);
}
