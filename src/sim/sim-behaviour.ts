import { ErrorReason } from "../../gen/parlance/error/v1/error_reason_pb.js";
import type { Decoded } from "../core/dialect.ts";

/** What a simulated model does. The model's name selects it. */
export type SimBehaviour =
  | { readonly kind: PlainBehaviour }
  /** Answers with that many words. */
  | { readonly kind: "lorem"; readonly words: number }
  /** Fails with that status. */
  | { readonly kind: "error"; readonly status: number };

type PlainBehaviour =
  | "echo"
  | "tools"
  | "parallel-tools"
  | "json"
  | "think"
  | "refuse"
  | "length"
  | "slow"
  | "cut"
  | "malformed"
  | "hang"
  | "embed"
  | "rerank";

/**
 * The simulator's models with one sentence each, in the order in which they are listed. All can be
 * called as written.
 */
export const simModels: Readonly<Record<PlainBehaviour | "lorem-50" | "error-429", string>> = {
  echo: "answers with the last user message",
  "lorem-50": "answers with that many words of filler, any number from 0 to 100000",
  tools: "calls a tool of the request, then quotes its result",
  "parallel-tools": "calls two tools at once, then quotes their results",
  json: "answers with JSON that fits the response format",
  think: "reasons, then echoes",
  refuse: "declines",
  length: "echoes half and stops for length",
  slow: "echoes slowly: after 500 ms, first token 1 s later, 10 tokens a second",
  cut: "breaks off in the middle",
  malformed: "sends garbage in the middle",
  hang: "never answers",
  "error-429": "fails with that HTTP status, any from 400 to 599",
  embed: "gives embeddings",
  rerank: "ranks documents by the words they share with the query",
};

const MAX_WORDS = 100_000;

/** The behaviour that a model name without parameters stands for. */
export function parseBehaviour(name: string): Decoded<SimBehaviour> {
  if (isPlain(name)) return { ok: true, value: { kind: name } };
  const numbered = /^(lorem|error)-(\d{1,6})$/.exec(name);
  const number = Number(numbered?.[2]);
  if (numbered?.[1] === "lorem" && number <= MAX_WORDS)
    return { ok: true, value: { kind: "lorem", words: number } };
  if (numbered?.[1] === "error" && number >= 400 && number <= 599) {
    return { ok: true, value: { kind: "error", status: number } };
  }
  const message = `the simulator has no model ${JSON.stringify(name)}; it has ${Object.keys(simModels).join(", ")} (and other numbers)`;
  return {
    ok: false,
    fault: { reason: ErrorReason.UPSTREAM_NOT_FOUND, message, upstreamStatus: 404 },
  };
}

function isPlain(name: string): name is PlainBehaviour {
  return Object.hasOwn(simModels, name) && !name.startsWith("lorem-") && !name.startsWith("error-");
}
