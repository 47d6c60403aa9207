import type { Call } from "../call.ts";
import { type AnswerBound, answerBoundOf, readMessage } from "../facts/answer-bound.ts";

/** What bounds the cost of a call from above, whatever model it goes to. */
export interface CallMaxima {
  /** Tokens of the prompt, times how often it may be sent. */
  readonly inputTokens: number;
  /**
   * The bound on the answers that the call sets, of all its choices together; 0 where the operation
   * has none of tokens. Undefined: it sets none.
   */
  readonly outputTokens: number | undefined;
  /** Answers that the call may get, each with a bound of its own, at least 1. */
  readonly answers: number;
  /** What a vendor of searches counts, at least 1. */
  readonly requests: number;
  /** Whether it holds pictures, sounds or films, whose tokens may have prices of their own. */
  readonly media: boolean;
  /** Whether it wants the vendor to store its prompt, which may cost more than to read it. */
  readonly marksCache: boolean;
  /** The tier of service that it names. "": none. */
  readonly serviceTier: string;
}

/** The parts of a call that its maxima depend on. */
export type BoundedCall = Pick<Call, "origin" | "request">;

const known = new WeakMap<Call["request"], CallMaxima>();

/**
 * Bounds a call from above: a token has at least one byte, so that the body has no more tokens than
 * bytes. Of files in it the maxima of models count. What only the vendor knows is not in it: what
 * files behind addresses and ids hold, earlier turns that it keeps, what its own tools read. Takes
 * time linear in the call.
 */
export function maximaOf(call: BoundedCall): CallMaxima {
  const found = known.get(call.request);
  if (found !== undefined) return found;
  const made = createMaxima(call);
  known.set(call.request, made);
  return made;
}

function createMaxima(call: BoundedCall): CallMaxima {
  const { origin, request } = call;
  const bound = answerBoundOf(call);
  const seen = walk(origin?.json ?? readMessage(request) ?? {}, origin === undefined);
  const bytes = origin === undefined ? seen.bytes : origin.body.length;
  const { documents, query } = searchOf(request);
  const answers = answersOf(call, bound);
  const text = Math.max(0, bytes - seen.fileBytes) + seen.fileTokens;
  // A vendor may read the query again with each document.
  const prompt = text + Math.max(0, documents - 1) * query + (seen.tools ? toolTokens : 0);
  return {
    inputTokens: prompt * answers,
    outputTokens: generates(request) ? bound.tokens && bound.tokens * answers : 0,
    answers,
    requests: documents === 0 ? answers : Math.ceil((documents + bytes / 500) / 100),
    media: seen.fileTokens > 0,
    marksCache: seen.marksCache,
    serviceTier: seen.serviceTier,
  };
}

/** Whether answers of the operation are generated, token by token. */
function generates({ operation }: Call["request"]): boolean {
  return operation.maxOutputTokens !== undefined;
}

/** What vendors add to the prompt of a call with tools. */
const toolTokens = 512;

/** Choices of each of the prompts, which may be sent one by one. */
function answersOf({ origin, request }: BoundedCall, { choices }: AnswerBound): number {
  const tried = origin?.json.best_of;
  return Math.max(1, countOf(choices), countOf(tried)) * partsOf(request);
}

function partsOf(request: Call["request"]): number {
  const message = request.parts === undefined ? undefined : readMessage(request);
  return message === undefined ? 1 : Math.max(1, request.parts?.(message).length ?? 1);
}

function countOf(value: unknown): number {
  return typeof value === "number" && value > 0 && value < 1_000 ? value : 1;
}

function searchOf(request: Call["request"]) {
  const message = generates(request) ? undefined : readMessage(request);
  if (message === undefined || !("documents" in message) || !("query" in message))
    return { documents: 0, query: 0 };
  const { documents, query } = message;
  return {
    documents: Array.isArray(documents) ? documents.length : 0,
    query: typeof query === "string" ? Buffer.byteLength(query) : 0,
  };
}

/** What is found in a request. */
interface Seen {
  /** Whether all bytes are counted, or those of files alone. */
  readonly counts: boolean;
  /** Bytes of all texts and names. */
  bytes: number;
  /** Bytes of texts that are files, which are in `bytes`. */
  fileBytes: number;
  fileTokens: number;
  tools: boolean;
  marksCache: boolean;
  serviceTier: string;
}

/** What surrounds a value in the words of models, in tokens. */
const aroundValue = 4;

/** Not recursive: a request may be nested deeply. */
function walk(request: object, counts: boolean): Seen {
  const seen: Seen = {
    counts,
    bytes: 0,
    fileBytes: 0,
    fileTokens: 0,
    tools: false,
    marksCache: false,
    serviceTier: "",
  };
  const left: unknown[] = [request];
  while (left.length > 0) {
    const value = left.pop();
    if (typeof value === "string") addText(seen, value);
    else if (value instanceof Uint8Array) {
      seen.fileTokens += tokensOfBytes(value);
      seen.bytes += aroundValue;
    } else if (Array.isArray(value)) {
      for (const member of value) left.push(member);
      seen.bytes += aroundValue;
    } else if (typeof value === "object" && value !== null) addMembers(seen, value, left);
    else seen.bytes += aroundValue;
  }
  return seen;
}

function addMembers(seen: Seen, value: object, left: unknown[]): void {
  // Its members by their names: lists of both would be made for each object.
  const members = value as Readonly<Record<string, unknown>>;
  for (const name of Object.keys(members)) {
    if (name.startsWith("$")) continue;
    const member = members[name];
    seen.bytes += name.length + aroundValue;
    addNamed(seen, name, member);
    left.push(member);
  }
}

const cacheMarks: ReadonlySet<string> = new Set(["cache_control", "cachePoint", "cache"]);

const tierNames: ReadonlySet<string> = new Set(["service_tier", "serviceTier"]);

const toolNames: ReadonlySet<string> = new Set([
  "tools",
  "functions",
  "toolConfig",
  "response_format",
  "responseFormat",
]);

function addNamed(seen: Seen, name: string, member: unknown): void {
  if (typeof member === "object" && member !== null) {
    if (cacheMarks.has(name)) seen.marksCache = true;
    if (toolNames.has(name)) seen.tools ||= !Array.isArray(member) || member.length > 0;
    return;
  }
  if (typeof member !== "string") return;
  if (tierNames.has(name)) seen.serviceTier = member;
  const last = name.at(-1);
  const mayBeId = last === "d" || last === "D";
  const isAddress = !mayBeId && /(url|uri)$/i.test(name) && /^(https?|gs|s3):/.test(member);
  if (isAddress) seen.fileTokens += pictureTokens;
  if (mayBeId && /file_?id$/i.test(name)) seen.fileTokens += pictureTokens;
}

/** A text that begins with so many characters of base64 is a file. */
const minFile = 4_096;

function addText(seen: Seen, text: string): void {
  const data = dataOf(text);
  if (data === undefined && !seen.counts) return;
  const bytes = Buffer.byteLength(text);
  seen.bytes += bytes + aroundValue;
  if (data === undefined) return;
  seen.fileBytes += bytes;
  seen.fileTokens += tokensOfFile(Buffer.from(data.slice(0, 24), "base64"), data.length);
}

/** The base64 of a file; undefined: the text is none. */
function dataOf(text: string): string | undefined {
  if (text.startsWith("data:")) {
    const at = text.indexOf("base64,");
    return at < 0 || at > 256 ? undefined : text.slice(at + 7);
  }
  if (text.length < minFile) return undefined;
  return /^[A-Za-z0-9+/_=-]*$/.test(text.slice(0, minFile)) ? text : undefined;
}

/** More than any model takes of a picture, but for gpt-4o-mini, which counts them 33 times. */
const pictureTokens = 6_000;

/** The fewest bytes of sound and film, as base64, that a token stands for. */
const soundBytes = 48;

function tokensOfBytes(data: Uint8Array): number {
  return tokensOfFile(Buffer.from(data.subarray(0, 18)), Math.ceil((data.length * 4) / 3));
}

/** The tokens of a file by its first bytes, and by how long it is as base64. */
function tokensOfFile(head: Buffer, length: number): number {
  const magic = head.toString("latin1");
  if (isPicture(magic)) return pictureTokens;
  return isDocument(magic) ? length : Math.ceil(length / soundBytes);
}

function isPicture(magic: string): boolean {
  return /^(\x89PNG|\xff\xd8\xff|GIF8|BM|RIFF....WEBP|II\*|MM\0\*)/s.test(magic);
}

/** Of documents and of what nobody knows each byte may be a token. */
function isDocument(magic: string): boolean {
  const isSound = /^(RIFF....(WAVE|AVI )|ID3|OggS|fLaC|\xff[\xe0-\xff]|....ftyp)/s.test(magic);
  return !isSound && !magic.startsWith(webm);
}

const webm = "\u001aE\u00df\u00a3";
