import { ReasoningEffort } from "../../../gen/parlance/chat/v1/generation_pb.js";
import { isObject, type Json, parseJson } from "../../json/json.ts";
import type { ParameterName, ParameterValue } from "./parameter-places.ts";

interface Range {
  readonly name: ParameterName;
  readonly min: number;
  readonly max: number;
  readonly whole: boolean;
}

/** Numbers in the words of OpenAI's API, with what they may be. */
const numbers: ReadonlyMap<string, Range> = new Map([
  ["temperature", { name: "temperature", min: 0, max: 100, whole: false }],
  ["top_p", { name: "top_p", min: 0, max: 1, whole: false }],
  ["max_tokens", { name: "max_tokens", min: 1, max: 100_000_000, whole: true }],
  ["max_completion_tokens", { name: "max_tokens", min: 1, max: 100_000_000, whole: true }],
  ["seed", { name: "seed", min: 0, max: 4_294_967_295, whole: true }],
]);
const effortName = "reasoning_effort";

/** The efforts by their words. */
const efforts: ReadonlyMap<string, number> = new Map(
  Object.entries(ReasoningEffort).flatMap(([name, value]) =>
    typeof value === "number" && value !== 0 ? [[name.toLowerCase(), value] as const] : [],
  ),
);

/**
 * Reads parameters of chats from the text of a JSON object, as OpenAI's API has them; "": none.
 * Where something is wrong, what it is.
 */
export function readParameters(text: string): readonly ParameterValue[] | string {
  if (text === "") return [];
  const parsed = parseJson(Buffer.from(text));
  if (!parsed.ok || !isObject(parsed.value)) return "must be the text of a JSON object";
  const found = new Map<ParameterName, number>();
  for (const [word, value] of Object.entries(parsed.value)) {
    const read = word === effortName ? readEffort(value) : readNumber(word, value);
    if (typeof read === "string") return `${word} ${read}`;
    found.set(...read);
  }
  return [...found];
}

function readEffort(value: Json | undefined): ParameterValue | string {
  const effort = typeof value === "string" ? efforts.get(value) : undefined;
  if (effort === undefined) return `must be one of ${[...efforts.keys()].join(", ")}`;
  return [effortName, effort];
}

function readNumber(word: string, value: Json | undefined): ParameterValue | string {
  const range = numbers.get(word);
  if (range === undefined)
    return `has no default: ${[...numbers.keys(), effortName].join(", ")} may have one`;
  const { name, min, max, whole } = range;
  const fits = typeof value === "number" && value >= min && value <= max;
  if (!fits || (whole && !Number.isInteger(value)))
    return `must be a ${whole ? "whole " : ""}number from ${min} to ${max}`;
  return [name, value];
}
