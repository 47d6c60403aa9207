/**
 * What was said in a call, cut off at a bound. Some sinks get it; it is stored where the config
 * says so, encrypted.
 */
export interface CallContent {
  /** The prompt: where it is longer, its end. Empty: it is none of texts. */
  readonly messages: readonly SaidMessage[];
  /** The text of the answer; "": there was none. */
  readonly answer: string;
  /** Why it ended, as the contract has it, in lower case. Absent: it broke off, or did not say. */
  readonly finish?: string | undefined;
  /** Whether something was cut off. */
  readonly cut: boolean;
}

/** What was said in a call whose content is stored. */
export interface ContentToStore {
  /**
   * Reads it when the call is over: what is longer than it may be is cut, but somewhat later than
   * it may be, so that what is redacted there is whole.
   */
  readonly read: () => CallContent;
  /**
   * The texts as they may be stored, in their order. Rejects where a guard that redacts is not
   * there or cannot say; then nothing may be stored.
   */
  readonly redact: (texts: readonly string[]) => Promise<readonly string[]>;
  /** How many bytes of the request, and of the answer, are stored. */
  readonly maxBytes: number;
}

/**
 * How much more is read than may be stored, in bytes: what is redacted is no longer, and so is
 * never cut before it is found.
 */
export const redactionMargin = 8_192;

/** A message of a prompt. */
export interface SaidMessage {
  /** In lower case, such as `user`. */
  readonly role: string;
  readonly text: string;
}

/**
 * The content with so many bytes of the prompt, and of the answer, at most: the last messages,
 * which are what an answer is about, and the beginning of the answer.
 */
export function boundContent(content: CallContent, maxBytes: number): CallContent {
  const messages: SaidMessage[] = [];
  let left = maxBytes;
  for (const { role, text } of content.messages.toReversed()) {
    if (left <= 0) break;
    const bytes = Buffer.byteLength(text);
    messages.push({ role, text: bytes > left ? firstBytes(text, left) : text });
    left -= bytes;
  }
  const answer = firstBytes(content.answer, maxBytes);
  const isWhole = messages.length === content.messages.length && left >= 0;
  const cut = content.cut || !isWhole || answer.length < content.answer.length;
  return { ...content, messages: messages.toReversed(), answer, cut };
}

/** What was said in the calls that wait for one place takes no more bytes than this. */
const maxWaitingBytes = 64 * 1024 * 1024;

/** How many calls may wait for a place that gets so many bytes of each prompt and each answer. */
export function maxWaitingCalls(contentBytes: number): number {
  return Math.min(10_000, Math.floor(maxWaitingBytes / (2 * contentBytes)));
}

/** As much of a text as fits into so many bytes, in whole characters. */
export function firstBytes(text: string, maxBytes: number): string {
  if (Buffer.byteLength(text) <= maxBytes) return text;
  // No character has fewer bytes than one.
  const bytes = Buffer.from(text.slice(0, maxBytes)).subarray(0, maxBytes);
  return new TextDecoder().decode(bytes, { stream: true });
}
