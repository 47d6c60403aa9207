import {
  anthropicErrorFrame,
  errorOfScenario,
  internalError,
  invalidRequest,
} from "../anthropic/error-reply.ts";
import { streamReply, unaryReply } from "../anthropic/message-replies.ts";
import { readMessages } from "../anthropic/read-messages.ts";
import { validateMessages } from "../anthropic/validate-messages.ts";
import { asObject, asString, type JsonObject } from "../json-value.ts";
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

/** Betas that Vertex AI was seen to take (2026-11). */
const takenBetas = [
  "claude-code-20250219",
  "context-1m-2025-08-07",
  "context-management-2025-06-27",
  "interleaved-thinking-2025-05-14",
  "tool-examples-2025-10-29",
  "tool-search-tool-2025-10-19",
  "web-search-2025-03-05",
];

/** Those that counting takes: https://github.com/anthropics/claude-code/issues/12429 (2026-11). */
const countedBetas = [
  "claude-code-20250219",
  "context-management-2025-06-27",
  "interleaved-thinking-2025-05-14",
];

/**
 * Starts a simulated Vertex AI as far as it serves Claude: POST
 * .../publishers/anthropic/models/{model}:rawPredict and :streamRawPredict, and
 * .../count-tokens:rawPredict. Bodies and betas are judged as strictly as Vertex AI judges them;
 * see scenarioNames for what can be answered.
 */
export function startVertexVendor(apiKey: string): Promise<Vendor> {
  const answer: AnswerRequest = (request, scenario, ordinal) => {
    if (request.headers["x-goog-api-key"] !== apiKey)
      return googleError(401, "UNAUTHENTICATED", "API key not valid");
    const call = readPath(request);
    const body = asObject(request.json);
    if (call === undefined || request.method !== "POST")
      return googleError(404, "NOT_FOUND", "Publisher Model was not found");
    if (body === undefined) return invalidRequest("The request body is not valid JSON", ordinal);
    const fault = validateRawPredict(request, body, call);
    if (fault !== undefined) return invalidRequest(fault, ordinal);
    return answerCall(body, call, scenario, ordinal);
  };
  return startVendorServer(answer, {}, (request) => readPath(request)?.model ?? "");
}

/** What the path of a request says. */
interface ModelCall {
  readonly model: string;
  readonly counts: boolean;
  readonly stream: boolean;
}

function readPath({ path, json }: RecordedRequest): ModelCall | undefined {
  const [, name, method] =
    /\/publishers\/anthropic\/models\/([^/]+):(rawPredict|streamRawPredict)$/.exec(path) ?? [];
  if (name === undefined) return undefined;
  const counts = name === "count-tokens";
  const model = counts ? (asString(asObject(json)?.model) ?? "") : decodeURIComponent(name);
  return { model, counts, stream: method === "streamRawPredict" };
}

/** The first fault of a request: the body of Messages with its version, and without its model. */
function validateRawPredict(
  { headers }: RecordedRequest,
  { anthropic_version: version, ...body }: JsonObject,
  { model, counts }: ModelCall,
): string | undefined {
  const betas = String(headers["anthropic-beta"] ?? "")
    .split(",")
    .filter((beta) => beta !== "");
  const taken = counts ? countedBetas : takenBetas;
  const strays = betas.filter((beta) => !taken.includes(beta));
  if (strays.length > 0)
    return `Unexpected value(s) ${strays.map((beta) => `\`${beta}\``).join(", ")} for the \`anthropic-beta\` header. Please consult our documentation at docs.anthropic.com or try again without the header.`;
  if (version !== "vertex-2023-10-16") return "anthropic_version: Field required";
  if (!counts && "model" in body) return "model: Extra inputs are not permitted";
  return validateMessages(
    { ...body, model },
    {
      counts,
      version: "2023-06-01",
      verifySignatures: true,
      grants: { betas, host: "vertex" },
    },
  );
}

function answerCall(
  body: JsonObject,
  { model, counts, stream }: ModelCall,
  scenario: Scenario,
  ordinal: number,
): VendorReply {
  const facts = { ...readMessages(body), model, stream };
  if (counts) return jsonReply(200, { input_tokens: countTokens(facts.promptText) });
  const failed = errorOfScenario(scenario, model, ordinal);
  if (failed !== undefined) return failed;
  const turn = { facts, scenario, answer: planAnswer(scenario, facts, ordinal), ordinal };
  return shapeReply(scenario, stream ? streamReply(turn) : unaryReply(turn), stream, {
    errorFrame: anthropicErrorFrame,
    internalError: internalError(ordinal),
    framesToFirstText: 4,
  });
}

function googleError(code: number, status: string, message: string): VendorReply {
  return jsonReply(code, { error: { code, message, status } });
}

function jsonReply(status: number, body: JsonObject): VendorReply {
  return {
    status,
    headers: { "content-type": "application/json" },
    frames: [Buffer.from(JSON.stringify(body))],
    ending: "end",
  };
}
