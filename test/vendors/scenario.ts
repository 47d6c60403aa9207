/**
 * What a simulated vendor does with a request. A name works for unary and streamed requests and on
 * every vendor; where a vendor has no such thing, the nearest thing it has is answered (noted
 * below; OpenAI means Chat Completions).
 *
 * | name | answer |
 * |---|---|
 * | text | "You said: <last user text>" |
 * | tools | a call of the first (or forced) tool; once the request ends with tool results: "The tool said: ..." |
 * | text-and-tools | as tools, with a sentence of text before the call |
 * | parallel-tools | two calls (one when parallel calls are switched off), streamed one after the other as the vendors do |
 * | interleaved-tools | two calls whose argument deltas alternate (OpenAI-compatible servers; Anthropic: as parallel-tools) |
 * | image | one line per image, document, audio or file: kind, media type, length and sha256 of its bytes, or its url |
 * | structured | JSON valid for the schema asked for, or the forced tool's call, or text when neither was asked for |
 * | thinking | reasoning then text, asked for or not (OpenAI: `reasoning_content` and reasoning tokens) |
 * | redacted-thinking | an encrypted reasoning block then text (OpenAI: as thinking) |
 * | signature-only | a reasoning block with a signature and no text (OpenAI: as thinking) |
 * | usage | text with every usage detail the vendor reports, see openAiUsage and anthropicUsage |
 * | refusal | a refusal (OpenAI: `refusal`; Anthropic: no content and stop_reason refusal with details) |
 * | length, stop-sequence, content-filter, pause-turn, context-window | text that ends for that reason (OpenAI: context-window is length, pause-turn is stop; Anthropic: content-filter is refusal after some text) |
 * | logprobs | text with logprobs (Anthropic: text) |
 * | citations | text with citations |
 * | server-tools | a web search by the vendor and cited text (OpenAI: as citations) |
 * | unicode | multi-byte text, cut mid-character across writes |
 * | e400 e401 e403 e404 e413 e429 e500 e503 e529 | that status and the vendor's own error body (OpenAI has no 529: 503) |
 * | quota | 429 that no retry helps (Anthropic: 400 about the credit balance) |
 * | context-length | 400: the prompt is too long |
 * | cut | half of the reply, then the socket is destroyed |
 * | cut-before | the socket is destroyed before the head |
 * | midstream-error | half of the stream, then the vendor's error event (unary: 500) |
 * | hang | the head and the first part of the reply, then nothing until the client goes |
 * | hang-before | nothing at all until the client goes |
 * | malformed | a frame in the middle (unary: the body) that is not JSON |
 * | html | a 502 page of a proxy |
 * | empty | status 200 and no body |
 *
 * Responses tell reasoning as a summary, with its encrypted form for those who ask for it or store
 * nothing; a length, context-window or content-filter stop makes them incomplete. Gemini tells
 * thoughts to those who ask, blocks the prompt for a refusal, has no 413 and no 529 (400, 503), and
 * tells when to come again in RetryInfo and no header.
 *
 * `n`, `logprobs`, `stream_options` and the like are honoured in every scenario.
 */
export const scenarioNames = [
  "text",
  "tools",
  "text-and-tools",
  "parallel-tools",
  "interleaved-tools",
  "image",
  "structured",
  "thinking",
  "redacted-thinking",
  "signature-only",
  "usage",
  "refusal",
  "length",
  "stop-sequence",
  "content-filter",
  "pause-turn",
  "context-window",
  "logprobs",
  "citations",
  "server-tools",
  "unicode",
  "e400",
  "e401",
  "e403",
  "e404",
  "e413",
  "e429",
  "e500",
  "e503",
  "e529",
  "quota",
  "context-length",
  "cut",
  "cut-before",
  "midstream-error",
  "hang",
  "hang-before",
  "malformed",
  "html",
  "empty",
] as const;

/** The name of a scenario, see scenarioNames. */
export type ScenarioName = (typeof scenarioNames)[number];

/** A scenario with its knobs. */
export interface Scenario {
  readonly name: ScenarioName;
  /** The answer's text instead of the scenario's own. */
  readonly text?: string;
  /** Bytes in each write, at least 1. Unset: a whole frame in each write (scenario unicode: 5). */
  readonly writeBytes?: number;
  /**
   * Frames of the reply sent before a cut, hang or mid-stream error. Unset: half of them (hang: up
   * to the first text).
   */
  readonly afterFrames?: number;
  /** Seconds in the retry-after header of e429, e503 and e529. Default 2. */
  readonly retryAfterSeconds?: number;
}

/**
 * The scenario a model name asks for by its suffix: `anything-<name>` or `<name>` itself, the
 * longest name that fits (`x-parallel-tools` is parallel-tools, not tools); undefined when it names
 * none.
 */
export function scenarioOfModel(model: string): ScenarioName | undefined {
  return scenarioNames
    .filter((name) => model === name || model.endsWith(`-${name}`))
    .reduce<ScenarioName | undefined>(
      (longest, name) => (name.length > (longest?.length ?? 0) ? name : longest),
      undefined,
    );
}
