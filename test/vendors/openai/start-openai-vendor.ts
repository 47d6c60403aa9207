import { asObject, asString, type JsonObject } from "../json-value.ts";
import { planAnswer } from "../plan-answer.ts";
import { answerResponses, responsesPaths } from "../responses/answer-responses.ts";
import type { Scenario } from "../scenario.ts";
import {
  type AnswerRequest,
  type RecordedRequest,
  startVendorServer,
  type Vendor,
  type VendorOptions,
} from "../start-vendor-server.ts";
import { type Failures, shapeReply, type VendorReply } from "../vendor-reply.ts";
import { createdSeconds, streamReply, unaryReply } from "./chat-replies.ts";
import { completionReply, validateCompletion } from "./completions.ts";
import { embeddingsReply, validateEmbeddings } from "./embeddings.ts";
import {
  errorOfScenario,
  errorReply,
  internalError,
  invalidRequest,
  type OpenAiError,
  openAiErrorFrame,
} from "./error-reply.ts";
import { moderationReply, validateModeration } from "./moderations.ts";
import { readChat } from "./read-chat.ts";
import { openAiHeaders } from "./response-headers.ts";
import { validateChat } from "./validate-chat.ts";

/** Options of the simulated OpenAI. */
export interface OpenAiVendorOptions extends VendorOptions {
  /**
   * Accept request members OpenAI does not know, as OpenAI-compatible servers do. Default false.
   */
  readonly lenient?: boolean;
  /**
   * Its models have no chats, and answer completions of a conversation as chats are answered.
   * Default false: completions go on with their prompt.
   */
  readonly base?: boolean;
  /** What another vendor of the API refuses in chats, before OpenAI's own rules. */
  readonly judge?: (body: JsonObject) => OpenAiError | undefined;
  /** Streams tell usage unasked. Default false. */
  readonly tellsUsage?: boolean;
}

const defaultModels = ["gpt-4o", "gpt-4o-mini", "gpt-5-mini", "text-embedding-3-small"];

/**
 * Starts a simulated OpenAI: POST /v1/chat/completions, POST /v1/responses and its input_tokens,
 * POST /v1/completions, POST /v1/embeddings, POST /v1/moderations, GET /v1/models and GET
 * /v1/models/{id}. Requests are judged as strictly as OpenAI judges them; see scenarioNames for
 * what can be answered.
 */
export function startOpenAiVendor(options: OpenAiVendorOptions = {}): Promise<Vendor> {
  const answer: AnswerRequest = (request, scenario, ordinal) => {
    const path = request.path.split("?")[0] ?? "";
    const denied = checkKey(request, options, ordinal);
    if (denied !== undefined) return denied;
    if (request.method === "GET" && path.startsWith("/v1/models")) {
      return modelsReply(path, options.models ?? defaultModels, ordinal);
    }
    return answerPost(request.method === "POST" ? path : "", request, scenario, ordinal, options);
  };
  return startVendorServer(answer, options);
}

function answerPost(
  path: string,
  request: RecordedRequest,
  scenario: Scenario,
  ordinal: number,
  options: OpenAiVendorOptions,
): VendorReply {
  const { lenient = false, base = false } = options;
  // Others serve what is new by a path of its own.
  const chats = path === "/v1/chat/completions" || path === "/v1/beta/chat/completions";
  if (chats && !base) return answerChat(request, scenario, ordinal, options);
  if (responsesPaths.includes(path)) return answerResponses(request, scenario, ordinal);
  // DeepSeek has them at the second.
  if (path === "/v1/completions" || path === "/beta/completions")
    return answerCompletions(request, scenario, ordinal, { lenient, base });
  if (path === "/v1/embeddings") return answerEmbeddings(request, scenario, ordinal);
  if (path === "/v1/moderations") return answerModerations(request, scenario, ordinal);
  return errorReply(
    404,
    invalidRequest(`Invalid URL (${request.method} ${request.path.split("?")[0]})`),
    ordinal,
  );
}

function answerChat(
  request: RecordedRequest,
  scenario: Scenario,
  ordinal: number,
  { lenient = false, judge, tellsUsage }: OpenAiVendorOptions,
): VendorReply {
  const body = jsonBody(request);
  if (body === undefined) return unreadable(ordinal);
  const fault = judge?.(body) ?? validateChat(body, lenient);
  if (fault !== undefined) return errorReply(400, fault, ordinal);
  const failed = errorOfScenario(scenario, asString(body.model) ?? "", ordinal);
  return (
    failed ??
    shapeReply(
      scenario,
      chatReply(tellsUsage === true ? { ...body, ...unasked } : body, scenario, ordinal),
      body.stream === true,
      failures(ordinal),
    )
  );
}

const unasked = { stream_options: { include_usage: true } };

function answerCompletions(
  request: RecordedRequest,
  scenario: Scenario,
  ordinal: number,
  { lenient, base }: { readonly lenient: boolean; readonly base: boolean },
): VendorReply {
  const body = jsonBody(request);
  if (body === undefined) return unreadable(ordinal);
  const fault = validateCompletion(body, lenient);
  if (fault !== undefined) return errorReply(400, fault, ordinal);
  const failed = errorOfScenario(scenario, asString(body.model) ?? "", ordinal);
  const reply = completionReply(body, ordinal, base ? scenario : undefined);
  return failed ?? shapeReply(scenario, reply, body.stream === true, failures(ordinal));
}

function answerEmbeddings(
  request: RecordedRequest,
  scenario: Scenario,
  ordinal: number,
): VendorReply {
  const body = jsonBody(request);
  if (body === undefined) return unreadable(ordinal);
  const fault = validateEmbeddings(body);
  if (fault !== undefined) return errorReply(400, fault, ordinal);
  const failed = errorOfScenario(scenario, asString(body.model) ?? "", ordinal);
  return failed ?? shapeReply(scenario, embeddingsReply(body, ordinal), false, failures(ordinal));
}

function answerModerations(
  request: RecordedRequest,
  scenario: Scenario,
  ordinal: number,
): VendorReply {
  const body = jsonBody(request);
  if (body === undefined) return unreadable(ordinal);
  const fault = validateModeration(body);
  if (fault !== undefined) return errorReply(400, fault, ordinal);
  const failed = errorOfScenario(scenario, asString(body.model) ?? "", ordinal);
  return failed ?? shapeReply(scenario, moderationReply(body, ordinal), false, failures(ordinal));
}

function jsonBody(request: RecordedRequest): JsonObject | undefined {
  return request.headers["content-type"]?.startsWith("application/json")
    ? asObject(request.json)
    : undefined;
}

function failures(ordinal: number): Failures {
  return {
    errorFrame: openAiErrorFrame,
    internalError: internalError(ordinal),
    framesToFirstText: 2,
  };
}

function chatReply(body: JsonObject, scenario: Scenario, ordinal: number): VendorReply {
  const facts = readChat(body);
  const turn = { body, facts, scenario, answer: planAnswer(scenario, facts, ordinal), ordinal };
  return facts.stream ? streamReply(turn) : unaryReply(turn);
}

function checkKey(
  request: RecordedRequest,
  options: VendorOptions,
  ordinal: number,
): VendorReply | undefined {
  const key = /^Bearer (.+)$/i.exec(request.headers.authorization ?? "")?.[1];
  if (key === undefined) {
    return errorReply(
      401,
      invalidRequest(
        "You didn't provide an API key. You need to provide your API key in an Authorization header using Bearer auth (i.e. Authorization: Bearer YOUR_KEY).",
      ),
      ordinal,
    );
  }
  if (options.apiKey === undefined || key === options.apiKey) return undefined;
  return errorReply(
    401,
    invalidRequest(
      `Incorrect API key provided: ${key.slice(0, 3)}******. You can find your API key at https://platform.openai.com/account/api-keys.`,
      null,
      "invalid_api_key",
    ),
    ordinal,
  );
}

function unreadable(ordinal: number): VendorReply {
  return errorReply(
    400,
    invalidRequest(
      "We could not parse the JSON body of your request. (HINT: This likely means you aren't using your HTTP library correctly. The OpenAI API expects a JSON payload, but what was sent was not valid JSON.)",
    ),
    ordinal,
  );
}

function modelsReply(path: string, models: readonly string[], ordinal: number): VendorReply {
  const describe = (id: string) => ({
    id,
    object: "model",
    created: createdSeconds,
    owned_by: "system",
  });
  const id = decodeURIComponent(path.slice("/v1/models/".length));
  if (id !== "" && !models.includes(id))
    return errorReply(
      404,
      invalidRequest(`The model '${id}' does not exist`, "model", "model_not_found"),
      ordinal,
    );
  const body = id === "" ? { object: "list", data: models.map(describe) } : describe(id);
  return {
    status: 200,
    headers: openAiHeaders(ordinal),
    frames: [Buffer.from(JSON.stringify(body, null, 2))],
    ending: "end",
  };
}
