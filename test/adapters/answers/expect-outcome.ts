import { expect } from "vitest";
import type { Client, Outcome } from "../../matrix/client.ts";
import type { Expected } from "./chat-deviations.ts";

/** Expects what a client read of an answer. */
export function expectOutcome({ family }: Client, outcome: Outcome, expected: Expected): void {
  if (expected.fails === true) {
    expect(outcome.failure).toBeDefined();
    return;
  }
  // This client takes no stream that does not end with response.completed.
  if (family === "responses" && expected.finish === "other" && outcome.failure !== undefined) {
    expect(outcome.failure.message).toContain("response.incomplete");
    return;
  }
  expect(outcome.failure?.message).toBeUndefined();
  expect(outcome.text).toBe(expected.text ?? "");
  expect(outcome.toolCalls.map((call) => [call.name, call.argumentsJson])).toEqual(
    expected.calls ?? [],
  );
  if (outcome.toolCalls.length > 0 && family !== "ollama" && family !== "gemini") {
    expect(new Set(outcome.toolCalls.map(({ id }) => id)).size).toBe(outcome.toolCalls.length);
    expect(outcome.toolCalls.every(({ id }) => id !== "")).toBe(true);
  }
  // Ollama has no word for what a filter ended.
  if (family !== "ollama" || expected.finish !== "other")
    expect(outcome.finish).toBe(expected.finish);
  if (expected.reasoning !== undefined) expect(outcome.reasoning?.text).toBe(expected.reasoning);
  if (expected.usage !== undefined)
    expect([outcome.usage?.input, outcome.usage?.output]).toEqual(expected.usage);
}
