import { asObject, type JsonObject } from "../json-value.ts";
import { planAnswer } from "../plan-answer.ts";
import type { Scenario } from "../scenario.ts";
import {
  type AnswerRequest,
  type RecordedRequest,
  startVendorServer,
  type Vendor,
  type VendorOptions,
} from "../start-vendor-server.ts";
import { shapeReply, type VendorReply } from "../vendor-reply.ts";
import { streamReply, unaryReply } from "./chat-replies.ts";
import { embedReply, rerankReply, validateEmbed, validateRerank } from "./embed-and-rerank.ts";
import {
  cohereErrorFrame,
  errorOfScenario,
  errorReply,
  internalError,
  invalidRequest,
} from "./error-reply.ts";
import { readChat } from "./read-chat.ts";
import { validateChat } from "./validate-chat.ts";

/** One operation: what is wrong with a body, and what is answered to a sound one. */
interface Operation {
  readonly validate: (body: JsonObject) => string | undefined;
  readonly reply: (body: JsonObject, scenario: Scenario, ordinal: number) => VendorReply;
}

const operations: Readonly<Record<string, Operation>> = {
  "/v2/chat": { validate: validateChat, reply: chatReply },
  "/v2/embed": {
    validate: validateEmbed,
    reply: (body, _scenario, ordinal) => embedReply(body, ordinal),
  },
  "/v2/rerank": {
    validate: validateRerank,
    reply: (body, _scenario, ordinal) => rerankReply(body, ordinal),
  },
};

/**
 * Starts a simulated Cohere, version 2: POST /v2/chat, /v2/embed and /v2/rerank. Requests are
 * judged as strictly as Cohere judges them; see scenarioNames for what can be answered. A sentence
 * before a tool call is its `tool_plan`.
 */
export function startCohereVendor(options: VendorOptions = {}): Promise<Vendor> {
  const answer: AnswerRequest = (request, scenario, ordinal) => {
    const denied = checkKey(request, options);
    if (denied !== undefined) return errorReply({ status: 401, message: denied }, ordinal);
    const operation = request.method === "POST" ? operations[request.path] : undefined;
    if (operation === undefined)
      return errorReply({ status: 404, message: "404 page not found" }, ordinal);
    const body = asObject(request.json);
    if (body === undefined)
      return errorReply(invalidRequest("the body is not a JSON object"), ordinal);
    const fault = operation.validate(body);
    if (fault !== undefined) return errorReply(invalidRequest(fault), ordinal);
    return (
      errorOfScenario(scenario, ordinal) ??
      shapeReply(scenario, operation.reply(body, scenario, ordinal), body.stream === true, {
        errorFrame: cohereErrorFrame,
        internalError: internalError(ordinal),
        framesToFirstText: 3,
      })
    );
  };
  return startVendorServer(answer, options);
}

function chatReply(body: JsonObject, scenario: Scenario, ordinal: number): VendorReply {
  const facts = readChat(body);
  const turn = { facts, scenario, answer: planAnswer(scenario, facts, ordinal), ordinal };
  return facts.stream ? streamReply(turn) : unaryReply(turn);
}

function checkKey({ headers }: RecordedRequest, { apiKey }: VendorOptions): string | undefined {
  const key = /^Bearer (.+)$/i.exec(headers.authorization ?? "")?.[1];
  if (key === undefined) return "no api key supplied";
  return apiKey === undefined || key === apiKey ? undefined : "invalid api token";
}
