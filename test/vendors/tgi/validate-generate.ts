import { firstBroken } from "../first-broken.ts";
import { asArray, asNumber, asObject, isSet, type Json, type JsonObject } from "../json-value.ts";

/**
 * What the server says of a request: its validation, or its decoder, which answers in plain text.
 */
export type TgiFault =
  | { readonly kind: "validation"; readonly message: string }
  | { readonly kind: "decoding"; readonly message: string };

const parameterNames = [
  ...[
    "adapter_id",
    "best_of",
    "decoder_input_details",
    "details",
    "do_sample",
    "frequency_penalty",
    "grammar",
  ],
  ...[
    "max_new_tokens",
    "repetition_penalty",
    "return_full_text",
    "seed",
    "stop",
    "temperature",
    "top_k",
  ],
  ...["top_n_tokens", "top_p", "truncate", "typical_p", "watermark"],
];

/**
 * The first fault of a request to generate, or undefined. The server passes over parameters that it
 * does not know; here they are faults, for whoever sends one has lost it. The rules and words are
 * those of
 * https://github.com/huggingface/text-generation-inference/blob/main/router/src/validation.rs
 * (2026-11).
 */
export function validateGenerate(body: JsonObject, stream: boolean): TgiFault | undefined {
  const parameters = asObject(body.parameters) ?? {};
  const unknown =
    Object.keys(body).find((key) => key !== "inputs" && key !== "parameters") ??
    Object.keys(parameters).find((key) => !parameterNames.includes(key));
  if (unknown !== undefined) return decoding(`unknown field \`${unknown}\``);
  if (body.inputs === undefined) return decoding("missing field `inputs`");
  if (typeof body.inputs !== "string") return decoding("inputs: invalid type, expected a string");
  const message = validateParameters(parameters, stream) ?? validateGrammar(parameters.grammar);
  const fault = message ?? (body.inputs === "" ? "`inputs` cannot be empty" : undefined);
  return fault === undefined ? undefined : { kind: "validation", message: fault };
}

function decoding(message: string): TgiFault {
  return {
    kind: "decoding",
    message: `Failed to deserialize the JSON body into the target type: ${message}`,
  };
}

function validateParameters(parameters: JsonObject, stream: boolean): string | undefined {
  const number = (name: string): number | undefined => asNumber(parameters[name]);
  const bestOf = number("best_of") ?? 1;
  const frequency = number("frequency_penalty") ?? 0;
  const sampled = ["temperature", "top_k", "top_p", "typical_p"].some((name) =>
    isSet(parameters[name]),
  );
  const fraction = (name: string): boolean => {
    const value = number(name);
    return value !== undefined && (value <= 0 || value >= 1);
  };
  const stops = asArray(parameters.stop).length;
  return firstBroken([
    [bestOf > 1 && stream, "`best_of` != 1 is not supported when streaming tokens"],
    [
      parameters.decoder_input_details === true && stream,
      "`decoder_input_details` == true is not supported when streaming tokens",
    ],
    [
      bestOf > 1 && parameters.do_sample !== true && !sampled,
      "you must use sampling when `best_of` is > 1",
    ],
    [(number("temperature") ?? 1) <= 0, "`temperature` must be strictly positive"],
    [(number("repetition_penalty") ?? 1) <= 0, "`repetition_penalty` must be strictly positive"],
    [frequency < -2 || frequency > 2, "`frequency_penalty` must be >= -2.0 and <= 2.0"],
    [fraction("top_p"), "`top_p` must be > 0.0 and < 1.0"],
    [fraction("typical_p"), "`typical_p` must be > 0.0 and < 1.0"],
    [(number("top_k") ?? 1) <= 0, "`top_k` must be strictly positive"],
    [number("max_new_tokens") === 0, "`max_new_tokens` must be strictly positive"],
    [stops > 4, `\`stop\` supports up to 4 stop sequences. Given: ${stops}`],
    [isSet(parameters.seed) && bestOf > 1, "`seed` must not be set when `best_of` > 1"],
    [
      (number("top_n_tokens") ?? 0) > 5,
      `\`top_n_tokens\` must be >= 0 and <= 5. Given: ${number("top_n_tokens")}`,
    ],
  ]);
}

function validateGrammar(grammar: Json | undefined): string | undefined {
  if (!isSet(grammar)) return undefined;
  const { type, value } = asObject(grammar) ?? {};
  if (type === "regex") return typeof value === "string" ? undefined : "grammar is not supported";
  const schema = asObject(value);
  return firstBroken([
    [type !== "json" || schema === undefined, "grammar is not supported"],
    [
      schema?.properties === undefined,
      "grammar is not valid: Grammar must have a 'properties' field",
    ],
  ]);
}
