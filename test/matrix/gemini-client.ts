import {
  ApiError,
  type Content,
  type GenerateContentConfig,
  type GenerateContentResponse,
  GoogleGenAI,
  type Part,
  ThinkingLevel,
} from "@google/genai";
import { asObject, asString, type JsonObject, parseJson } from "../vendors/json-value.ts";
import {
  type AskOptions,
  type Client,
  type Conversation,
  type Failure,
  failed,
  type Outcome,
  type Question,
  type TokenCounts,
} from "./client.ts";
import { type RecordedFetch, recordFetch } from "./record-fetch.ts";

/** The official `@google/genai` client. Its dialect does not tell what was written to a cache. */
export function createGeminiClient(url: string, key: string): Client {
  return {
    name: "@google/genai",
    family: "gemini",
    uncounted: ["cacheWrite"],
    callsWhole: true,
    open: (question) => open(url, key, question),
    close: () => undefined,
  };
}

function open(url: string, key: string, question: Question): Conversation {
  const wire = recordFetch();
  const client = new GoogleGenAI({ apiKey: key, httpOptions: { baseUrl: url, fetch: wire.fetch } });
  const contents: Content[] = [{ role: "user", parts: firstParts(question) }];
  const names = new Map<string, string>();
  const asked = (signal: AbortSignal | undefined) => ({
    model: question.model,
    contents,
    config: { ...settings(question), ...(signal === undefined ? {} : { abortSignal: signal }) },
  });

  async function unary({ signal }: AskOptions): Promise<Outcome> {
    return take([await client.models.generateContent(asked(signal))]);
  }

  async function streamed({ signal, onPiece }: AskOptions): Promise<Outcome> {
    const chunks: GenerateContentResponse[] = [];
    try {
      for await (const chunk of await client.models.generateContentStream(asked(signal))) {
        chunks.push(chunk);
        onPiece?.();
      }
      return take(chunks);
    } catch (error) {
      return failed(failureOf(error, signal, wire), {
        pieces: chunks.length,
        ended: finishOf(chunks) !== undefined,
      });
    }
  }

  /**
   * Every part joins the history as it came, which is what the vendor's documentation asks of
   * applications.
   */
  function take(chunks: readonly GenerateContentResponse[]): Outcome {
    const parts = chunks.flatMap((chunk) => chunk.candidates?.[0]?.content?.parts ?? []);
    contents.push({ role: "model", parts });
    for (const { functionCall } of parts)
      names.set(functionCall?.id ?? "", functionCall?.name ?? "");
    return outcome(parts, chunks, wire);
  }

  return {
    ask: (options) =>
      (options.stream ? streamed(options) : unary(options)).catch((error: unknown) =>
        failed(failureOf(error, options.signal, wire)),
      ),
    addToolAnswers: (answers) => {
      const parts = answers.map(({ id, text }) => ({
        functionResponse: { id, name: names.get(id) ?? "", response: { output: text } },
      }));
      contents.push({ role: "user", parts });
    },
    addUser: (text) => void contents.push({ role: "user", parts: [{ text }] }),
  };
}

function firstParts({ text, image }: Question): Part[] {
  if (image === undefined) return [{ text }];
  const data = Buffer.from(image.bytes).toString("base64");
  return [{ text }, { inlineData: { mimeType: image.mediaType, data } }];
}

function settings({ system, tools, format, reasoning }: Question): GenerateContentConfig {
  const declarations = tools?.map(({ name, description, schema }) => ({
    name,
    description,
    parametersJsonSchema: schema,
  }));
  return {
    systemInstruction: system,
    maxOutputTokens: 4096,
    ...(declarations === undefined ? {} : { tools: [{ functionDeclarations: declarations }] }),
    ...(format === undefined
      ? {}
      : { responseMimeType: "application/json", responseJsonSchema: format.schema }),
    ...(reasoning === true
      ? { thinkingConfig: { includeThoughts: true, thinkingLevel: ThinkingLevel.LOW } }
      : {}),
  };
}

function outcome(
  parts: readonly Part[],
  chunks: readonly GenerateContentResponse[],
  wire: RecordedFetch,
): Outcome {
  const said = parts.filter(({ text, thought }) => text !== undefined && thought !== true);
  const thoughts = parts.filter(({ thought }) => thought === true);
  const toolCalls = parts.flatMap(({ functionCall }) =>
    functionCall === undefined
      ? []
      : [
          {
            id: functionCall.id ?? "",
            name: functionCall.name ?? "",
            argumentsJson: JSON.stringify(functionCall.args),
          },
        ],
  );
  const finish = finishOf(chunks);
  const stop = toolCalls.length > 0 ? "tool_calls" : "stop";
  return {
    text: said.map(({ text }) => text).join(""),
    toolCalls,
    reasoning:
      thoughts.length === 0
        ? undefined
        : {
            text: thoughts.map(({ text }) => text).join(""),
            signature: thoughts
              .map(({ thoughtSignature }) => openSeal(thoughtSignature ?? ""))
              .join(""),
          },
    finish: finish === "STOP" ? stop : "other",
    usage: counts(chunks),
    callId: wire.header("x-parlance-call-id"),
    pieces: chunks.length,
    ended: finish !== undefined,
    failure: undefined,
  };
}

/** The proof of another vendor is sealed into what the client keeps unread. */
function openSeal(signature: string): string {
  const text = Buffer.from(signature, "base64").toString();
  if (!text.startsWith("parlance.")) return signature;
  return asString(asObject(parseJson(Buffer.from(text.slice(9), "base64url")))?.signature) ?? "";
}

/** Why the model stopped, which is the dialect's only sign of an end. */
function finishOf(chunks: readonly GenerateContentResponse[]): string | undefined {
  return chunks
    .map((chunk) => chunk.candidates?.[0]?.finishReason)
    .findLast((reason) => reason !== undefined);
}

function counts(chunks: readonly GenerateContentResponse[]): TokenCounts | undefined {
  const usage = chunks.findLast(({ usageMetadata }) => usageMetadata !== undefined)?.usageMetadata;
  if (usage === undefined) return undefined;
  const thoughts = usage.thoughtsTokenCount;
  return {
    input: usage.promptTokenCount,
    cacheRead: usage.cachedContentTokenCount,
    cacheWrite: undefined,
    output: (usage.candidatesTokenCount ?? 0) + (thoughts ?? 0),
    reasoning: thoughts,
  };
}

function failureOf(error: unknown, signal: AbortSignal | undefined, wire: RecordedFetch): Failure {
  const shown = error instanceof ApiError ? error : undefined;
  const message = error instanceof Error ? error.message : String(error);
  const midStream = shown !== undefined && wire.status() === 200;
  const retryAfter = wire.header("retry-after");
  return {
    kind: signal?.aborted === true ? "cancelled" : midStream ? "mid_stream" : kindOf(shown?.status),
    status: midStream ? undefined : shown?.status,
    type: asString(errorIn(message)?.status) ?? "",
    message,
    retryAfterS: retryAfter === undefined ? undefined : Number(retryAfter),
    callId: wire.header("x-parlance-call-id"),
  };
}

/** The client's messages end with the JSON of the error. */
function errorIn(message: string): JsonObject | undefined {
  return asObject(asObject(parseJson(message.slice(Math.max(0, message.indexOf("{")))))?.error);
}

function kindOf(status: number | undefined): Failure["kind"] {
  if (status === 400 || status === 422) return "invalid_request";
  if (status === 429) return "rate_limited";
  return status !== undefined && status >= 500 ? "server" : "other";
}
