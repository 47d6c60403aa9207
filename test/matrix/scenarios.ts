import { createHash } from "node:crypto";
import { expect } from "vitest";
import { type JsonObject, parseJson } from "../vendors/json-value.ts";
import { thinkingText } from "../vendors/plan-answer.ts";
import type { RecordedRequest } from "../vendors/start-vendor-server.ts";
import type { Client, Conversation, Outcome, Question, TokenCounts, ToolOffer } from "./client.ts";
import type { ScenarioName, UpstreamRow } from "./upstream-row.ts";

/** What a cell knows of its surroundings. */
export interface Stage {
  readonly upstream: UpstreamRow;
  readonly stream: boolean;
  readonly client: Client;
  /** A text that no other cell uses; part of every question. */
  readonly mark: string;
  /** The requests of this cell as the vendor received them. */
  readonly received: () => readonly RecordedRequest[];
}

/** A thing that applications do. */
export interface Scenario {
  readonly name: ScenarioName;
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

const weather: ToolOffer = {
  name: "get_weather",
  description: "Tells the weather.",
  schema: place,
};
const zoned: JsonObject = {
  type: "object",
  properties: { zone: { type: "string", enum: ["Europe/Vienna", "Asia/Tokyo"] } },
  required: ["zone"],
  additionalProperties: false,
};
const clock: ToolOffer = { name: "get_time", description: "Tells the time.", schema: zoned };

/** Begins as a PNG does, for some clients tell no type. */
const pngSignature = [0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a];
const imageBytes = Uint8Array.from(
  { length: 1021 },
  (_, index) => pngSignature[index] ?? (index * 37) % 256,
);

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
      if (toldUsage(stage.upstream, stage.stream).input !== undefined)
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
      const told = toldUsage(stage.upstream, stage.stream);
      expect(shownUsage(answer.usage, told, stage.client)).toEqual(
        shownUsage(told, told, stage.client),
      );
    },
  },
];

/** The numbers of the usage scenario in one way of answering. */
export function toldUsage({ usage, unaryUsage }: UpstreamRow, stream: boolean): TokenCounts {
  return (stream ? undefined : unaryUsage) ?? usage;
}

/** Plays a scenario against a vendor that has no words for its settings. */
export async function playLost(conversation: Conversation, stage: Stage): Promise<void> {
  const answer = await whole(conversation, stage, "stop");
  expect(answer).toMatchObject({ text: `You said: ${stage.mark}`, toolCalls: [] });
  expect(answer.reasoning).toBeUndefined();
}

/** Usage without what the client cannot say; what the vendor does not tell is 0 to some clients. */
function shownUsage(
  usage: TokenCounts | undefined,
  told: TokenCounts,
  { uncounted }: Client,
): unknown {
  const entries = Object.entries(usage ?? {}).filter(
    ([name]) => !uncounted?.some((each) => each === name),
  );
  const untold = Object.entries(told).filter(([, count]) => count === undefined);
  const names = new Set(untold.map(([name]) => name));
  return Object.fromEntries(
    entries.map(([name, count]) => [name, names.has(name) ? (count ?? 0) : count]),
  );
}

/** Asks, and judges what holds for every answer. */
async function whole(
  conversation: Conversation,
  { stream }: Stage,
  finish: Outcome["finish"],
): Promise<Outcome> {
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
  expect(toolCalls.map(({ name, argumentsJson }) => [name, parseJson(argumentsJson)])).toEqual(
    expected,
  );
  const { toolIds } = stage.upstream;
  const ids = toolCalls.map(({ id }) => id);
  if (stage.client.idless !== true) for (const id of ids) expect(id).toMatch(toolIds.shown);
  expect(new Set(ids).size).toBe(expected.length);

  conversation.addToolAnswers(ids.map((id, index) => ({ id, text: results[index] ?? "" })));
  const said = await whole(conversation, stage, "stop");
  expect(said.text).toBe(`The tool said: ${results.join(" | ")}`);

  const turn = stage.upstream.readToolTurn(nth(stage.received(), 1));
  expect(turn.calls.map(({ name, input }) => [name, input])).toEqual(expected);
  expect(turn.results.map(({ text }) => text)).toEqual(results);
  const received = turn.calls.map(({ id }) => id);
  const { family, answersByName } = stage.client;
  const idless = answersByName === true && family === stage.upstream.name;
  expect(turn.results.map(({ id }) => id)).toEqual(
    idless ? received.map(() => undefined) : received,
  );
  if (stage.client.idless === true) return;
  const kept = toolIds.received;
  expect(received).toEqual(
    expected.map(() => (kept === undefined ? undefined : expect.stringMatching(kept))),
  );
}

/** Reasoning arrives; a second turn brings it back with the proof that the vendor itself checks. */
async function playThinking(conversation: Conversation, stage: Stage): Promise<void> {
  const { proof, read, broughtBack, carriedBy } = stage.upstream.thinking;
  const carried = carriedBy?.includes(stage.client.family) ?? true;
  const first = await whole(conversation, stage, "stop");
  expect(first.reasoning?.text).toBe(thinkingText);
  // A proof that a client cannot show by itself may come with its reasoning all the same.
  if (proof !== undefined || carriedBy === undefined) {
    expect(first.reasoning?.signature).toBe(carried && proof !== undefined ? proof : "");
  }
  expect(first.text).toBe(`You said: ${stage.mark}`);

  conversation.addUser(`And ${stage.mark}?`);
  const second = await whole(conversation, stage, "stop");
  expect(second.text).toBe(`You said: And ${stage.mark}?`);
  expect(read(nth(stage.received(), 1))).toEqual(carried ? broughtBack : []);
}

function nth<T>(list: readonly T[], index: number): T {
  const found = list[index];
  if (found === undefined)
    throw new Error(`there are ${list.length} requests, and none at ${index}`);
  return found;
}
