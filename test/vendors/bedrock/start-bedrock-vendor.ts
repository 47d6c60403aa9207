import { printEvent } from "../../upstream/print-event-stream.ts";
import { asObject, type JsonObject } from "../json-value.ts";
import { planAnswer } from "../plan-answer.ts";
import type { Scenario } from "../scenario.ts";
import {
  type AnswerRequest,
  type RecordedRequest,
  startVendorServer,
  type Vendor,
} from "../start-vendor-server.ts";
import { countTokens } from "../text-pieces.ts";
import { shapeReply, type VendorReply } from "../vendor-reply.ts";
import { type BedrockCredentials, checkSignature } from "./check-signature.ts";
import { streamReply, unaryReply } from "./converse-replies.ts";
import {
  bedrockErrorFrame,
  bedrockHeaders,
  errorOfScenario,
  errorReply,
  internalError,
  validation,
} from "./error-reply.ts";
import { invokeReply, validateInvoke } from "./invoke-claude.ts";
import { readConverse } from "./read-converse.ts";
import { validateConverse } from "./validate-converse.ts";

/**
 * Starts a simulated Bedrock: POST /model/{id}/converse and /converse-stream, /count-tokens,
 * and for Claude's own bodies /invoke and /invoke-with-response-stream. Requests must be signed with the credentials
 * (Signature Version 4, body and clock included), and bodies are judged as strictly as Bedrock
 * judges them; see scenarioNames for what can be answered.
 */
export function startBedrockVendor(credentials: BedrockCredentials): Promise<Vendor> {
  const answer: AnswerRequest = (request, scenario, ordinal) => {
    const denied = checkSignature(request, credentials);
    if (denied !== undefined) return errorReply(denied, ordinal);
    const call = readPath(request);
    if (call === undefined || request.method !== "POST") {
      const unknown = { status: 404, type: "UnknownOperationException", message: "" };
      return errorReply(unknown, ordinal);
    }
    return answerCall(request, call, scenario, ordinal);
  };
  return startVendorServer(answer, {}, (request) => readPath(request)?.model ?? "");
}

/** What the path of a request says. */
interface ModelCall {
  readonly model: string;
  readonly operation: "converse" | "invoke" | "count";
  readonly stream: boolean;
}

const operations: Readonly<Record<string, ModelCall["operation"]>> = {
  converse: "converse",
  "converse-stream": "converse",
  "count-tokens": "count",
};

function readPath({ path }: RecordedRequest): ModelCall | undefined {
  const [, model, operation] =
    /^\/model\/([^/]+)\/(converse|converse-stream|invoke|invoke-with-response-stream|count-tokens)$/.exec(
      path,
    ) ?? [];
  if (model === undefined || operation === undefined) return undefined;
  return {
    model: decodeURIComponent(model),
    operation: operations[operation] ?? "invoke",
    stream: operation.endsWith("-stream"),
  };
}

function answerCall(
  request: RecordedRequest,
  { model, operation, stream }: ModelCall,
  scenario: Scenario,
  ordinal: number,
): VendorReply {
  const body = asObject(request.json);
  if (body === undefined)
    return errorReply(validation("The request body is not valid JSON."), ordinal);
  if (operation === "count") return countReply(body, ordinal);
  const fault = operation === "converse" ? validateConverse(body) : validateInvoke(body, model);
  if (fault !== undefined) return errorReply(validation(fault), ordinal);
  const failed = errorOfScenario(scenario, ordinal);
  if (failed !== undefined) return failed;
  const failures = {
    errorFrame: bedrockErrorFrame,
    internalError: internalError(ordinal),
    framesToFirstText: operation === "invoke" ? 4 : 2,
    malformedFrame: brokenFrame(),
  };
  if (operation === "invoke") {
    return shapeReply(
      scenario,
      invokeReply(body, model, stream, scenario, ordinal),
      stream,
      failures,
    );
  }
  const facts = readConverse(body, model, stream);
  const turn = { facts, scenario, answer: planAnswer(scenario, facts, ordinal), ordinal };
  return shapeReply(scenario, stream ? streamReply(turn) : unaryReply(turn), stream, failures);
}

/** https://docs.aws.amazon.com/bedrock/latest/APIReference/API_runtime_CountTokens.html (2026-11) */
function countReply(body: JsonObject, ordinal: number): VendorReply {
  const converse = asObject(asObject(body.input)?.converse);
  const fault = converse === undefined ? "input is not set" : validateConverse(converse);
  if (fault !== undefined) return errorReply(validation(fault), ordinal);
  const inputTokens = countTokens(JSON.stringify(converse));
  return {
    status: 200,
    headers: bedrockHeaders(ordinal),
    frames: [Buffer.from(JSON.stringify({ inputTokens }))],
    ending: "end",
  };
}

/** A message whose last checksum does not fit its bytes. */
function brokenFrame(): Buffer {
  const frame = printEvent("contentBlockDelta", {
    contentBlockIndex: 0,
    delta: { text: "broken" },
  });
  const at = frame.length - 1;
  frame.writeUInt8(frame.readUInt8(at) ^ 0xff, at);
  return frame;
}
