import type { JsonObject } from "../../json/json.ts";
import type { Call } from "../call.ts";
import { GatewayError } from "../faults/gateway-error.ts";
import type { RequestMessage } from "../operation.ts";
import type { BoundPlaces } from "../rules/parameter-places.ts";

/** What a chat says of how long its answers may be. */
export interface AnswerBound {
  /** Tokens of each choice, at least 1. Undefined: it sets no bound. */
  readonly tokens: number | undefined;
  /** How many choices it wants, at least 1. */
  readonly choices: number;
}

/** The parts of a call that say how long its answers may be. */
export type BoundCall = Pick<Call, "origin" | "request">;

/**
 * Reads the bound on the answers of a call: of its body as it came where its dialect says where it
 * stands, for to decode a chat takes longer than all else that bounds it, else of its message. A
 * message that cannot be decoded has none; that it is wrong is for others to say.
 */
export function answerBoundOf({ origin, request }: BoundCall): AnswerBound {
  const { boundPlaces } = origin ?? {};
  const isRead = boundPlaces !== undefined && request.parts === undefined;
  const read = isRead && origin !== undefined ? readBound(origin.json, boundPlaces) : undefined;
  if (read !== undefined) return read;
  const message = readMessage(request);
  if (message === undefined) return { tokens: undefined, choices: 1 };
  const tokens = request.operation.maxOutputTokens?.(message);
  const choices = "n" in message && typeof message.n === "number" ? Math.max(1, message.n) : 1;
  return { tokens, choices };
}

/** The message of a request; undefined where it cannot be decoded. */
export function readMessage(request: Call["request"]): RequestMessage | undefined {
  try {
    return request.message();
  } catch (error) {
    if (error instanceof GatewayError) return undefined;
    throw error;
  }
}

/** What the decoders of all dialects take. */
const maxTokens = 100_000_000;
const maxChoices = 128;

/** Undefined where the decoder might read it differently, or refuse it. */
function readBound(
  json: JsonObject,
  { tokens: names, choices: name }: BoundPlaces,
): AnswerBound | undefined {
  let tokens: number | undefined;
  for (const each of names) {
    const said = countAt(json, each, maxTokens);
    if (said === "unclear") return undefined;
    tokens ??= said;
  }
  const choices = name === undefined ? 1 : (countAt(json, name, maxChoices) ?? 1);
  return choices === "unclear" ? undefined : { tokens, choices };
}

function countAt(json: JsonObject, name: string, max: number): number | undefined | "unclear" {
  const value = json[name];
  if (value === undefined || value === null) return undefined;
  const isCount = typeof value === "number" && Number.isInteger(value) && value >= 1;
  return isCount && value <= max ? value : "unclear";
}
