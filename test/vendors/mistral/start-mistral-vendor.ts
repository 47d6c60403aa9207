import { asArray, asObject, asString, type Json, type JsonObject } from "../json-value.ts";
import {
  type AnswerRequest,
  startVendorServer,
  type Vendor,
  type VendorOptions,
} from "../start-vendor-server.ts";
import { countTokens, wordPieces } from "../text-pieces.ts";
import type { VendorReply } from "../vendor-reply.ts";

/** The members of each request, with what they must be. */
const schemas: Readonly<Record<string, Readonly<Record<string, (value: Json) => boolean>>>> = {
  "/v1/moderations": { model: isText, input: isInput },
  "/v1/fim/completions": { model: isCoder, prompt: isString },
  "/v1/chat/completions": { model: isText, messages: isFilled },
};

/** Members that a request may leave out. */
const optional: Readonly<Record<string, readonly string[]>> = {
  "/v1/moderations": [],
  "/v1/fim/completions": [
    ...["suffix", "temperature", "top_p", "max_tokens", "min_tokens", "stream", "stop"],
    ...["random_seed", "metadata"],
  ],
  "/v1/chat/completions": [
    ...["temperature", "top_p", "max_tokens", "stream", "stop", "random_seed", "n"],
    ...["presence_penalty", "frequency_penalty"],
  ],
};

/**
 * Starts a simulated Mistral AI: POST /v1/moderations, /v1/fim/completions and, for one text alone,
 * /v1/chat/completions. Unknown members are refused, as there
 * (https://docs.mistral.ai/api, 2026-11).
 */
export function startMistralVendor(options: VendorOptions = {}): Promise<Vendor> {
  const answer: AnswerRequest = ({ method, path, headers, json }, _scenario, ordinal) => {
    if (!/^Bearer .+$/.test(headers.authorization ?? ""))
      return jsonReply(401, { detail: "Unauthorized" });
    const schema = method === "POST" ? schemas[path] : undefined;
    if (schema === undefined) return jsonReply(404, { detail: "Not Found" });
    const body = asObject(json) ?? {};
    const faults = faultsOf(schema, body, optional[path] ?? []);
    if (faults.length > 0) return jsonReply(422, { detail: faults });
    if (path === "/v1/moderations") return jsonReply(200, moderate(body, ordinal));
    return complete(body, ordinal);
  };
  return startVendorServer(answer, options);
}

function faultsOf(
  schema: Readonly<Record<string, (value: Json) => boolean>>,
  body: JsonObject,
  others: readonly string[],
): readonly Json[] {
  const wrong = Object.entries(schema).flatMap(([name, isValid]) => {
    const value = body[name];
    const type = value === undefined ? "missing" : isValid(value) ? undefined : "value_error";
    return type === undefined ? [] : [{ type, loc: ["body", name], msg: `${name} is ${type}` }];
  });
  const extra = Object.keys(body).filter(
    (name) => schema[name] === undefined && !others.includes(name),
  );
  return [
    ...wrong,
    ...extra.map((name) => ({
      type: "extra_forbidden",
      loc: ["body", name],
      msg: "not permitted",
    })),
  ];
}

/** An answer in the words of chats, whole or streamed: usage comes with the last chunk. */
function complete(body: JsonObject, ordinal: number): VendorReply {
  const said =
    asString(body.prompt) ?? asString(asObject(asArray(body.messages)[0])?.content) ?? "";
  const content = `${said} ... ${asString(body.suffix) ?? "the end"}`;
  const usage = { prompt_tokens: 2, completion_tokens: 3, total_tokens: 5 };
  const head = { id: `fim-${ordinal}`, created: 1_700_000_000, model: asString(body.model) ?? "" };
  if (body.stream !== true) {
    const message = { role: "assistant", content, tool_calls: null };
    const choices = [{ index: 0, message, finish_reason: "stop" }];
    return jsonReply(200, { ...head, object: "chat.completion", choices, usage });
  }
  const chunk = (delta: Json, finish: string | null, more: JsonObject = {}) => {
    const choices = [{ index: 0, delta, finish_reason: finish }];
    const body = { ...head, object: "chat.completion.chunk", choices, ...more };
    return Buffer.from(`data: ${JSON.stringify(body)}\n\n`);
  };
  return {
    status: 200,
    headers: { "content-type": "text/event-stream" },
    frames: [
      chunk({ role: "assistant", content: "" }, null),
      ...wordPieces(content).map((piece) => chunk({ content: piece }, null)),
      chunk({ content: "" }, "stop", { usage }),
      Buffer.from("data: [DONE]\n\n"),
    ],
    ending: "end",
  };
}

/** Results say nothing of an input as a whole. */
function moderate(body: JsonObject, ordinal: number): Json {
  const texts = typeof body.input === "string" ? [body.input] : asArray(body.input);
  const tokens = texts.reduce<number>((sum, text) => sum + countTokens(asString(text) ?? ""), 0);
  return {
    id: `mod-${ordinal}`,
    model: asString(body.model) ?? "",
    usage: { prompt_tokens: tokens, completion_tokens: 0, total_tokens: tokens },
    results: texts.map((text) => {
      const flagged = (asString(text) ?? "").includes("kill");
      return {
        categories: { sexual: false, violence_and_threats: flagged },
        category_scores: { sexual: 0.125, violence_and_threats: flagged ? 0.875 : 0.25 },
      };
    }),
  };
}

function isText(value: Json): boolean {
  return typeof value === "string" && value !== "";
}

function isString(value: Json): boolean {
  return typeof value === "string";
}

function isCoder(value: Json): boolean {
  return typeof value === "string" && value.startsWith("codestral");
}

function isFilled(value: Json): boolean {
  return asArray(value).length > 0;
}

function isInput(value: Json): boolean {
  const items = asArray(value);
  return (
    typeof value === "string" || (items.length > 0 && items.every((one) => typeof one === "string"))
  );
}

function jsonReply(status: number, body: Json): VendorReply {
  return {
    status,
    headers: { "content-type": "application/json" },
    frames: [Buffer.from(JSON.stringify(body))],
    ending: "end",
  };
}
