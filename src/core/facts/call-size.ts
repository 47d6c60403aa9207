import type { Call } from "../call.ts";
import { answerBoundOf } from "./answer-bound.ts";

/** How many tokens a call may take, estimated without a tokenizer. */
export interface CallSize {
  /** Tokens of the prompt, tools and schemas included. */
  readonly inputTokens: number;
  /**
   * The bound on the answer that the call sets, of all its choices; 0 where the operation has no
   * answers of tokens, such as embeddings. Undefined: it sets none.
   */
  readonly maxOutputTokens: number | undefined;
  /** Tokens of the prompt that are expected to be in the vendor's cache. Absent: none. */
  readonly cachedTokens?: number;
}

/** The parts of a call that its size depends on. */
export type SizedCall = Pick<Call, "origin" | "request">;

/** Requests are sized once, however many targets there are. */
const known = new WeakMap<Call["request"], CallSize>();

/**
 * Estimates the size of a call: a token for four bytes of text, which is close for English, and
 * within half for other languages, because their letters take more bytes. Takes time linear in the
 * call.
 */
export function sizeOf(call: SizedCall): CallSize {
  const sized = known.get(call.request);
  if (sized !== undefined) return sized;
  const size: CallSize = {
    inputTokens: estimateTokens(call.origin?.json ?? call.request.message()),
    maxOutputTokens: maxOutputOf(call),
  };
  known.set(call.request, size);
  return size;
}

/** `maxOutputTokens` of the size of a call, without a look at the rest of it. */
export function outputBoundOf(call: SizedCall): number | undefined {
  const sized = known.get(call.request);
  return sized === undefined ? maxOutputOf(call) : sized.maxOutputTokens;
}

function maxOutputOf(call: SizedCall): number | undefined {
  if (call.request.operation.maxOutputTokens === undefined) return 0;
  const { tokens, choices } = answerBoundOf(call);
  return tokens === undefined ? undefined : tokens * choices;
}

const bytesPerToken = 4;

/** What surrounds a message in the words of models. */
const tokensPerMessage = 4;

/** What a picture, a sound or a file is taken for: it depends on the model. */
const tokensPerFile = 1_000;

/** A text that begins with so many characters of base64 is a file. */
const minFile = 4_096;

/** Members that no model reads. */
const unread: ReadonlySet<string> = new Set([
  "$typeName",
  "$unknown",
  "case",
  "model",
  "metadata",
  "tags",
  "user",
  "role",
]);

/** The tokens of all texts in a value. Not recursive: a request may be nested deeply. */
function estimateTokens(request: object): number {
  let tokens = 0;
  const left: unknown[] = [request];
  while (left.length > 0) {
    const value = left.pop();
    if (typeof value !== "object" || value === null) tokens += tokensOf(value);
    else if (value instanceof Uint8Array) tokens += tokensPerFile;
    else {
      if ("role" in value) tokens += tokensPerMessage;
      pushMembers(value, left);
    }
  }
  return Math.ceil(tokens);
}

function pushMembers(value: object, left: unknown[]): void {
  if (Array.isArray(value)) {
    for (const member of value) left.push(member);
    return;
  }
  for (const name of Object.keys(value)) {
    const member: unknown = Reflect.get(value, name);
    if (typeof member !== "number" && !unread.has(name)) left.push(member);
  }
}

/** A number is one of a list of tokens. */
function tokensOf(value: unknown): number {
  if (typeof value === "number") return 1;
  if (typeof value !== "string") return 0;
  return isFile(value) ? tokensPerFile : Buffer.byteLength(value) / bytesPerToken;
}

function isFile(text: string): boolean {
  if (text.startsWith("data:")) return true;
  return text.length >= minFile && /^[A-Za-z0-9+/_=-]*$/.test(text.slice(0, minFile));
}
