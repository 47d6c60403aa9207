import { asObject, asObjects, asString, isArray, type JsonObject } from "../json-value.ts";
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
import { embedReply, validateEmbed } from "./embed-contents.ts";
import {
  errorOfScenario,
  errorReply,
  type GeminiFault,
  geminiErrorFrame,
  internalError,
  invalidArgument,
  invalidKey,
  missingKey,
} from "./gemini-error.ts";
import { geminiHeaders } from "./gemini-headers.ts";
import { streamReply, unaryReply } from "./generate-replies.ts";
import { unknownFields } from "./known-fields.ts";
import { readGenerate } from "./read-generate.ts";
import { validateGenerate } from "./validate-generate.ts";

const defaultModels = ["gemini-3-flash", "gemini-2.5-flash", "gemini-embedding-001"];

/** A method of a model, as its path names it. */
interface Called {
  readonly model: string;
  readonly method: string;
  readonly sse: boolean;
}

/**
 * Starts a simulated Google AI Studio: `POST /v1beta/models/{model}:{method}` with generateContent,
 * streamGenerateContent (as server-sent events), countTokens, embedContent and batchEmbedContents,
 * and `GET /v1beta/models[/{model}]`. Requests are judged as strictly as Google judges them; see
 * scenarioNames for what can be answered. A refusal blocks the prompt.
 */
export function startGeminiVendor(options: VendorOptions = {}): Promise<Vendor> {
  const answer: AnswerRequest = (request, scenario, ordinal) => {
    const denied = checkKey(request, options);
    if (denied !== undefined) return denied;
    const called = readPath(request.path);
    if (request.method === "GET") return modelsReply(request.path, options.models ?? defaultModels);
    if (request.method !== "POST" || called === undefined) return notFound;
    const body = spelled(asObject(request.json));
    if (body === undefined)
      return invalidArgument({ message: "Invalid JSON payload received. Unexpected token." });
    return answerMethod(called, body, scenario, ordinal);
  };
  return startVendorServer(answer, options, ({ path }) => readPath(path)?.model ?? "");
}

function answerMethod(
  called: Called,
  body: JsonObject,
  scenario: Scenario,
  ordinal: number,
): VendorReply {
  const { model, method, sse } = called;
  const stream = method === "streamGenerateContent";
  const fault = validateMethod(called, body);
  if (fault !== undefined) return invalidArgument(fault);
  const failed = errorOfScenario(scenario, model, method);
  // Errors of a stream have the content type of the stream.
  if (failed !== undefined)
    return stream
      ? { ...failed, headers: { ...failed.headers, "content-type": "text/event-stream" } }
      : failed;
  const reply = replyOf(called, body, scenario, ordinal);
  if (reply === undefined) return notFound;
  const failures = { errorFrame: geminiErrorFrame, internalError, framesToFirstText: 1 };
  return shapeReply(scenario, reply, stream && sse, failures);
}

function validateMethod({ model, method, sse }: Called, body: JsonObject): GeminiFault | undefined {
  switch (method) {
    case "generateContent":
      return validateGenerate(body, model);
    case "streamGenerateContent":
      return sse
        ? validateGenerate(body, model)
        : { message: "only streams of server-sent events are simulated" };
    case "countTokens":
      return unknownFields(body, "count") ?? validateCounted(body, model);
    case "embedContent":
    case "batchEmbedContents":
      return validateEmbed(body, model, method === "batchEmbedContents");
    default:
      return undefined;
  }
}

/** Counting takes the contents alone or a whole request, which names its model again. */
function validateCounted(body: JsonObject, model: string): GeminiFault | undefined {
  const request = asObject(body.generateContentRequest);
  if (request === undefined) return validateGenerate({ contents: body.contents }, model);
  if (body.contents !== undefined)
    return { message: "contents and generate_content_request are mutually exclusive." };
  if (request.model !== `models/${model}`)
    return {
      message:
        "* CountTokensRequest.generate_content_request.model: unexpected model name format\n",
    };
  return validateGenerate(request, model);
}

function replyOf(
  { model, method }: Called,
  body: JsonObject,
  scenario: Scenario,
  ordinal: number,
): VendorReply | undefined {
  const stream = method === "streamGenerateContent";
  switch (method) {
    case "generateContent":
    case "streamGenerateContent": {
      const facts = readGenerate(body, model, stream);
      const turn = { body, facts, scenario, answer: planAnswer(scenario, facts, ordinal), ordinal };
      return stream ? streamReply(turn) : unaryReply(turn);
    }
    case "countTokens": {
      const totalTokens = countTokens(
        readGenerate(asObject(body.generateContentRequest) ?? body, model, false).promptText,
      );
      return json({
        totalTokens,
        promptTokensDetails: [{ modality: "TEXT", tokenCount: totalTokens }],
      });
    }
    case "embedContent":
    case "batchEmbedContents":
      return embedReply(body, method === "batchEmbedContents");
    default:
      return undefined;
  }
}

function readPath(path: string): Called | undefined {
  const url = new URL(path, "http://vendor.invalid");
  const [, model, method] =
    /^\/v1(?:beta|alpha)?\/models\/([^/:]+):(\w+)$/.exec(decodeURIComponent(url.pathname)) ?? [];
  if (model === undefined || method === undefined) return undefined;
  return { model, method, sse: url.searchParams.get("alt") === "sse" };
}

function checkKey(
  { headers, path }: RecordedRequest,
  { apiKey }: VendorOptions,
): VendorReply | undefined {
  const key =
    asString(headers["x-goog-api-key"]) ??
    new URL(path, "http://vendor.invalid").searchParams.get("key");
  if (key === null || key === undefined || key === "") return missingKey;
  return apiKey === undefined || key === apiKey ? undefined : invalidKey;
}

const notFound: VendorReply = errorReply(404, "NOT_FOUND", "Requested entity was not found.");

function json(value: JsonObject): VendorReply {
  return {
    status: 200,
    headers: geminiHeaders(),
    frames: [Buffer.from(JSON.stringify(value, null, 2))],
    ending: "end",
  };
}

function modelsReply(path: string, models: readonly string[]): VendorReply {
  const { pathname } = new URL(path, "http://vendor.invalid");
  const [, id] = /^\/v1beta\/models(?:\/([^/]+))?$/.exec(pathname) ?? [];
  if (!pathname.startsWith("/v1beta/models")) return notFound;
  const describe = (name: string) => ({
    name: `models/${name}`,
    version: "001",
    displayName: name,
    inputTokenLimit: 1048576,
    outputTokenLimit: 65536,
    supportedGenerationMethods: ["generateContent", "countTokens"],
  });
  if (id === undefined) return json({ models: models.map(describe) });
  return models.includes(id) ? json(describe(id)) : notFound;
}

/** Members of declarations that Google's client for Python spells as Protobuf does. */
const spellings: ReadonlyMap<string, string> = new Map([
  ["parameters_json_schema", "parametersJsonSchema"],
  ["response_json_schema", "responseJsonSchema"],
]);

function spelled(body: JsonObject | undefined): JsonObject | undefined {
  if (!isArray(body?.tools)) return body;
  const tools = asObjects(body.tools).map((tool) => {
    const declarations = asObjects(tool.functionDeclarations).map((declaration) =>
      Object.fromEntries(
        Object.entries(declaration).map(([key, value]) => [spellings.get(key) ?? key, value]),
      ),
    );
    return declarations.length === 0 ? tool : { ...tool, functionDeclarations: declarations };
  });
  return { ...body, tools };
}
