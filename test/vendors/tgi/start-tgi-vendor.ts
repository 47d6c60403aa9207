import { asObject, asString, type JsonObject } from "../json-value.ts";
import { planAnswer } from "../plan-answer.ts";
import type { Scenario } from "../scenario.ts";
import {
  type AnswerRequest,
  type RecordedRequest,
  startVendorServer,
  type Vendor,
  type VendorOptions,
} from "../start-vendor-server.ts";
import { wordPieces } from "../text-pieces.ts";
import { shapeReply, type VendorReply } from "../vendor-reply.ts";
import { printFrame, streamReply, tgiHeaders, unaryReply } from "./generate-replies.ts";
import { lastWords, readPrompt } from "./read-prompt.ts";
import { validateGenerate } from "./validate-generate.ts";

const overloaded = { error: "Model is overloaded", error_type: "overloaded" };
const failed = {
  error: "Request failed during generation: Server error: CUDA error",
  error_type: "generation",
};

/**
 * What is in front of a server (a hosting service) refuses keys and too many requests; the server
 * itself knows neither.
 */
const errors: Partial<
  Readonly<Record<Scenario["name"], readonly [status: number, body: JsonObject]>>
> = {
  e400: [422, validation("`temperature` must be strictly positive")],
  e401: [401, { error: "Authorization header is correct, but the token seems invalid" }],
  e403: [403, { error: "Forbidden" }],
  e404: [404, { error: "Model not found" }],
  e413: [413, { error: "Payload reached size limit." }],
  e429: [429, { error: "Rate limit reached. Please log in or use a HF access token" }],
  e500: [424, failed],
  e503: [503, { error: "Model x is currently loading", estimated_time: 20 }],
  e529: [429, overloaded],
  quota: [
    402,
    { error: "You have exceeded your monthly included credits for Inference Providers." },
  ],
  "context-length": [
    422,
    validation(
      "`inputs` tokens + `max_new_tokens` must be <= 4096. Given: 4000 `inputs` tokens and 512 `max_new_tokens`",
    ),
  ],
};

function validation(message: string): JsonObject {
  return { error: `Input validation error: ${message}`, error_type: "validation" };
}

/**
 * Starts a simulated Text Generation Inference: POST /generate, /generate_stream and /tokenize.
 * Requests are judged by the server's own rules. It has one model, which no request names: the last
 * words of the user name the scenario by their suffix.
 */
export function startTgiVendor(options: VendorOptions = {}): Promise<Vendor> {
  const answer: AnswerRequest = (request, scenario, ordinal) => {
    if (!isKeyed(request, options))
      return jsonReply(401, { error: "Invalid username or password." });
    const { path, method, json } = request;
    const body = asObject(json);
    if (method !== "POST" || !["/generate", "/generate_stream", "/tokenize"].includes(path))
      return textReply(404, "");
    if (body === undefined) return textReply(400, "Failed to parse the request body as JSON");
    return path === "/tokenize"
      ? tokenize(body)
      : generate(body, path === "/generate_stream", scenario, ordinal);
  };
  return startVendorServer(answer, options, ({ json }) =>
    lastWords(asString(asObject(json)?.inputs) ?? ""),
  );
}

function generate(
  body: JsonObject,
  stream: boolean,
  scenario: Scenario,
  ordinal: number,
): VendorReply {
  const fault = validateGenerate(body, stream);
  if (fault?.kind === "decoding") return textReply(422, fault.message);
  if (fault !== undefined) return jsonReply(422, validation(fault.message));
  const [status, error] = errors[scenario.name] ?? [];
  if (status !== undefined && error !== undefined) return jsonReply(status, error);
  const facts = readPrompt(body, stream);
  const turn = { facts, scenario, answer: planAnswer(scenario, facts, ordinal) };
  return shapeReply(scenario, stream ? streamReply(turn) : unaryReply(turn), stream, {
    errorFrame: printFrame(failed),
    internalError: jsonReply(424, failed),
    framesToFirstText: 1,
    malformedFrame: Buffer.from('data:{"index":1,"token":\n\n'),
  });
}

function tokenize(body: JsonObject): VendorReply {
  const pieces = wordPieces(asString(body.inputs) ?? "");
  const tokens = pieces.map((text, at) => ({ id: at, text, start: 0, stop: text.length }));
  return { ...jsonReply(200, {}), frames: [Buffer.from(JSON.stringify(tokens))] };
}

function isKeyed({ headers }: RecordedRequest, { apiKey }: VendorOptions): boolean {
  return apiKey === undefined || headers.authorization === `Bearer ${apiKey}`;
}

function jsonReply(status: number, body: JsonObject): VendorReply {
  return {
    status,
    headers: tgiHeaders(),
    frames: [Buffer.from(JSON.stringify(body))],
    ending: "end",
  };
}

function textReply(status: number, text: string): VendorReply {
  return {
    status,
    headers: tgiHeaders("text/plain; charset=utf-8"),
    frames: [Buffer.from(text)],
    ending: "end",
  };
}
