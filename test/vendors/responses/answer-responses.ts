import { asObject, asString, type JsonObject } from "../json-value.ts";
import {
  errorOfScenario,
  errorReply,
  internalError,
  invalidRequest,
} from "../openai/error-reply.ts";
import { openAiHeaders } from "../openai/response-headers.ts";
import { planAnswer } from "../plan-answer.ts";
import type { Scenario } from "../scenario.ts";
import type { RecordedRequest } from "../start-vendor-server.ts";
import { countTokens } from "../text-pieces.ts";
import { type Failures, shapeReply, type VendorReply } from "../vendor-reply.ts";
import { readResponses } from "./read-responses.ts";
import { eventFrame, streamReply, unaryReply } from "./response-replies.ts";
import { validateResponses } from "./validate-responses.ts";

/** The paths of the Responses API, with their version. */
export const responsesPaths: readonly string[] = ["/v1/responses", "/v1/responses/input_tokens"];

/** What OpenAI answers to a POST of the Responses API, or to one that counts its tokens. */
export function answerResponses(
  request: RecordedRequest,
  scenario: Scenario,
  ordinal: number,
): VendorReply {
  const body = request.headers["content-type"]?.startsWith("application/json")
    ? asObject(request.json)
    : undefined;
  if (body === undefined) {
    const message =
      "Invalid body: failed to parse JSON value. Please check the value to ensure it is valid JSON. (Common errors include trailing commas, missing closing brackets, missing quotation marks, etc.)";
    return errorReply(400, invalidRequest(message, null, "invalid_json"), ordinal);
  }
  const counts = request.path.split("?")[0] === responsesPaths[1];
  const fault = validateResponses(body, counts);
  if (fault !== undefined) return errorReply(400, fault, ordinal);
  const failed = errorOfScenario(scenario, asString(body.model) ?? "", ordinal);
  if (failed !== undefined) return failed;
  const reply = counts ? countReply(body, ordinal) : responseReply(body, scenario, ordinal);
  return shapeReply(scenario, reply, !counts && body.stream === true, failures(ordinal));
}

function responseReply(body: JsonObject, scenario: Scenario, ordinal: number): VendorReply {
  const facts = readResponses(body);
  const turn = { body, facts, scenario, answer: planAnswer(scenario, facts, ordinal), ordinal };
  return facts.stream ? streamReply(turn) : unaryReply(turn);
}

function countReply(body: JsonObject, ordinal: number): VendorReply {
  const counted = {
    object: "response.input_tokens",
    input_tokens: countTokens(readResponses(body).promptText),
  };
  return {
    status: 200,
    headers: openAiHeaders(ordinal),
    frames: [Buffer.from(JSON.stringify(counted, null, 2))],
    ending: "end",
  };
}

/** The first text is in the fifth event: created, in progress, item, part, delta. */
function failures(ordinal: number): Failures {
  const error = {
    type: "error",
    code: "server_error",
    message: "The server had an error while processing your request. Sorry about that!",
    param: null,
  };
  return {
    errorFrame: eventFrame(error, 99),
    internalError: internalError(ordinal),
    framesToFirstText: 5,
  };
}
