import { asObject, asString, type JsonObject, parseJson } from "../json-value.ts";
import { planAnswer } from "../plan-answer.ts";
import type { Scenario } from "../scenario.ts";
import {
  type AnswerRequest,
  type RecordedRequest,
  startVendorServer,
  type Vendor,
  type VendorOptions,
} from "../start-vendor-server.ts";
import { countTokens } from "../text-pieces.ts";
import { shapeReply, type VendorReply } from "../vendor-reply.ts";
import {
  anthropicErrorFrame,
  errorOfScenario,
  errorReply,
  internalError,
  invalidRequest,
} from "./error-reply.ts";
import { streamReply, unaryReply } from "./message-replies.ts";
import { readMessages } from "./read-messages.ts";
import { anthropicHeaders } from "./response-headers.ts";
import { createThreads, type Threads } from "./threads.ts";
import { type ApiVersion, type Judgement, validateMessages } from "./validate-messages.ts";

/** Options of the simulated Anthropic. */
export interface AnthropicVendorOptions extends VendorOptions {
  /**
   * Reject thinking blocks whose signature the vendor did not issue, as Anthropic does. Default
   * true.
   */
  readonly verifySignatures?: boolean;
}

const defaultModels = ["claude-sonnet-4-5", "claude-haiku-4-5", "claude-opus-4-8"];

/**
 * Starts a simulated Anthropic: POST /v1/messages, POST /v1/messages/count_tokens, GET /v1/models
 * and GET /v1/models/{id}. Requests are judged as strictly as Anthropic judges them; see
 * scenarioNames for what can be answered.
 */
export function startAnthropicVendor(options: AnthropicVendorOptions = {}): Promise<Vendor> {
  const threads = createThreads();
  const answer: AnswerRequest = (request, scenario, ordinal) => {
    const path = request.path.split("?")[0] ?? "";
    const denied = checkHeaders(request, options, ordinal);
    if (denied !== undefined) return denied;
    if (request.method === "GET" && path.startsWith("/v1/models")) {
      return modelsReply(path, options.models ?? defaultModels, ordinal);
    }
    const counts = path === "/v1/messages/count_tokens";
    if (request.method !== "POST" || (!counts && path !== "/v1/messages")) {
      return errorReply(404, "not_found_error", "Not found", ordinal);
    }
    const judgement = {
      counts,
      version: versionOf(request),
      verifySignatures: options.verifySignatures ?? true,
      grants: { betas: betasOf(request), host: "anthropic" },
    } as const;
    return answerThread(threads, asObject(request.json), judgement, scenario, ordinal);
  };
  return startVendorServer(answer, options);
}

/** Answers with all that the thread of a request holds, and keeps what becomes of it. */
function answerThread(
  threads: Threads,
  sent: JsonObject | undefined,
  ...rest: readonly [judgement: Judgement, scenario: Scenario, ordinal: number]
): VendorReply {
  if (sent?.thread === undefined) return answerPost(sent, ...rest);
  const [, scenario, ordinal] = rest;
  const resumed = threads.resume(sent, ordinal);
  if (!("body" in resumed)) return resumed;
  const reply = answerPost(resumed.body, ...rest);
  if (reply.status === 200)
    threads.keep(sent, resumed.body, wholeMessage(resumed.body, scenario, ordinal));
  return reply;
}

function answerPost(
  body: JsonObject | undefined,
  judgement: Judgement,
  scenario: Scenario,
  ordinal: number,
): VendorReply {
  if (body === undefined) return invalidRequest("The request body is not valid JSON", ordinal);
  const fault = validateMessages(body, judgement);
  if (fault !== undefined) return invalidRequest(fault, ordinal);
  const failed = errorOfScenario(scenario, asString(body.model) ?? "", ordinal);
  if (failed !== undefined) return failed;
  const reply = judgement.counts
    ? countReply(body, ordinal)
    : messageReply(body, scenario, ordinal);
  const failures = {
    errorFrame: anthropicErrorFrame,
    internalError: internalError(ordinal),
    framesToFirstText: 4,
  };
  return shapeReply(scenario, reply, !judgement.counts && body.stream === true, failures);
}

function betasOf({ headers }: RecordedRequest): readonly string[] {
  return String(headers["anthropic-beta"] ?? "")
    .split(",")
    .map((beta) => beta.trim());
}

function versionOf(request: RecordedRequest): ApiVersion {
  return request.headers["anthropic-version"] === "2026-10-21" ? "2026-10-21" : "2023-06-01";
}

/** The message of a reply, streamed or not. */
function wholeMessage(body: JsonObject, scenario: Scenario, ordinal: number): JsonObject {
  const [whole] = messageReply({ ...body, stream: false }, scenario, ordinal).frames;
  return asObject(whole === undefined ? undefined : parseJson(whole)) ?? {};
}

function messageReply(body: JsonObject, scenario: Scenario, ordinal: number): VendorReply {
  const facts = readMessages(body);
  const turn = { facts, scenario, answer: planAnswer(scenario, facts, ordinal), ordinal };
  return facts.stream ? streamReply(turn) : unaryReply(turn);
}

function countReply(body: JsonObject, ordinal: number): VendorReply {
  const counted = { input_tokens: countTokens(readMessages(body).promptText) };
  return {
    status: 200,
    headers: anthropicHeaders(ordinal),
    frames: [Buffer.from(JSON.stringify(counted))],
    ending: "end",
  };
}

/** A key in x-api-key or as a bearer token (x-api-key wins), and a known anthropic-version. */
function checkHeaders(
  request: RecordedRequest,
  options: VendorOptions,
  ordinal: number,
): VendorReply | undefined {
  const { "x-api-key": apiKey, authorization, "anthropic-version": version } = request.headers;
  const key = apiKey ?? /^Bearer (.+)$/i.exec(authorization ?? "")?.[1];
  if (key === undefined)
    return errorReply(401, "authentication_error", "x-api-key header is required", ordinal);
  if (options.apiKey !== undefined && key !== options.apiKey)
    return errorReply(401, "authentication_error", "invalid x-api-key", ordinal);
  if (version === undefined)
    return invalidRequest("anthropic-version: header is required", ordinal);
  if (version === "2023-06-01" || version === "2026-10-21") return undefined;
  return invalidRequest(`anthropic-version: "${String(version)}" is not a valid version`, ordinal);
}

function modelsReply(path: string, models: readonly string[], ordinal: number): VendorReply {
  const describe = (id: string) => ({
    type: "model",
    id,
    display_name: id,
    created_at: "2026-01-01T00:00:00Z",
    max_input_tokens: 200000,
    max_tokens: 64000,
    lifecycle: "active",
  });
  const id = decodeURIComponent(path.slice("/v1/models/".length));
  if (id !== "" && !models.includes(id))
    return errorReply(404, "not_found_error", `model: ${id}`, ordinal);
  const body =
    id === ""
      ? {
          data: models.map(describe),
          has_more: false,
          first_id: models[0] ?? null,
          last_id: models.at(-1) ?? null,
        }
      : describe(id);
  return {
    status: 200,
    headers: anthropicHeaders(ordinal),
    frames: [Buffer.from(JSON.stringify(body))],
    ending: "end",
  };
}
