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
import { shapeReply, type VendorReply } from "../vendor-reply.ts";
import { chatReply, embedReply, jsonReply, printLine } from "./ollama-replies.ts";
import { readChat } from "./read-chat.ts";
import { validateChat, validateEmbed } from "./validate-ollama.ts";

const crashed =
  "model runner has unexpectedly stopped, this may be due to resource limitations or an internal error";

const errors: Partial<
  Readonly<Record<Scenario["name"], readonly [status: number, message: string]>>
> = {
  e400: [400, 'option "temperature" must be of type float32'],
  e401: [401, "unauthorized"],
  e403: [403, "this model requires a subscription, upgrade for access"],
  e404: [404, "model 'x' not found"],
  e413: [413, "http: request body too large"],
  e429: [429, "you've reached your hourly usage limit, please wait or upgrade to continue"],
  e500: [500, crashed],
  e503: [503, "server busy, please try again.  maximum pending requests exceeded"],
  e529: [503, "server busy, please try again.  maximum pending requests exceeded"],
  quota: [402, "you've reached your weekly usage limit, please upgrade to continue"],
  "context-length": [400, "the input length exceeds the context length"],
};

/**
 * Starts a simulated Ollama: POST /api/chat and /api/embed. Requests are judged as Ollama's decoder
 * and handlers judge them; see scenarioNames for what can be answered. A server on one's own
 * machine knows no keys: one is demanded where the options name it, as in Ollama's cloud.
 */
export function startOllamaVendor(options: VendorOptions = {}): Promise<Vendor> {
  const answer: AnswerRequest = (request, scenario, ordinal) => {
    if (!isKeyed(request, options)) return jsonReply(401, { error: "unauthorized" });
    const { method, path } = request;
    const known = method === "POST" && (path === "/api/chat" || path === "/api/embed");
    if (!known) return plainNotFound();
    const body = asObject(request.json);
    if (body === undefined)
      return jsonReply(400, { error: "invalid character 'x' looking for beginning of value" });
    return answerSound(body, path === "/api/chat", scenario, ordinal);
  };
  return startVendorServer(answer, options);
}

function answerSound(
  body: JsonObject,
  chats: boolean,
  scenario: Scenario,
  ordinal: number,
): VendorReply {
  const fault = chats ? validateChat(body) : validateEmbed(body);
  if (fault !== undefined) return jsonReply(400, { error: fault });
  const [status, message] = errors[scenario.name] ?? [];
  if (status !== undefined) return jsonReply(status, { error: message ?? "" });
  const reply = chats ? answerChat(body, scenario, ordinal) : embedReply(body);
  return shapeReply(scenario, reply, chats && body.stream !== false, {
    errorFrame: printLine({ error: crashed }),
    internalError: jsonReply(500, { error: crashed }),
    framesToFirstText: 1,
    malformedFrame: Buffer.from('{"model":"m","message":{"role":\n'),
  });
}

/** A chat without messages loads the model. */
function answerChat(body: JsonObject, scenario: Scenario, ordinal: number): VendorReply {
  const facts = readChat(body);
  if (facts.promptText.startsWith("[]")) {
    const message = { role: "assistant", content: "" };
    return jsonReply(200, {
      model: asString(body.model) ?? "",
      message,
      done_reason: "load",
      done: true,
    });
  }
  return chatReply({ facts, scenario, answer: planAnswer(scenario, facts, ordinal) });
}

function isKeyed({ headers }: RecordedRequest, { apiKey }: VendorOptions): boolean {
  return apiKey === undefined || headers.authorization === `Bearer ${apiKey}`;
}

function plainNotFound(): VendorReply {
  const headers = { "content-type": "text/plain" };
  return { status: 404, headers, frames: [Buffer.from("404 page not found")], ending: "end" };
}
