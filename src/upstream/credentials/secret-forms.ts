/**
 * The shortest text that is treated as a secret, in characters. A shorter one would be found in
 * words that have nothing to do with it, and keeps nothing safe: an operator who writes `k` as a
 * key means that there is none.
 */
export const MIN_SECRET_LENGTH = 8;

/** A secret, prepared for being found in what a vendor says, however it is spelled there. */
export interface SecretForms {
  /**
   * Short texts, one of which every spelling of the secret holds; any of them may stand elsewhere
   * too.
   */
  readonly hints: readonly string[];
  /** Spellings of the whole, as plainText gives them. */
  readonly wholes: readonly string[];
  /** Spellings that an error message of a vendor must not show: some are of parts, side by side. */
  readonly parts: readonly string[];
  /** The longest spelling of it in characters. */
  readonly maxLength: number;
}

/** A text with one spelling for each character, and where in the text each of them came from. */
export interface PlainText {
  readonly text: string;
  /** The offset of each character, and past the last one the length of the text. */
  readonly starts: Uint32Array;
}

/**
 * Prepares a secret. `parts`: vendors repeat keys with stars in the middle, so that of a long one
 * no quarter may be shown, nor a half of one of 16 characters and more. Undefined: it is too short.
 */
export function secretForms(secret: string, parts = true): SecretForms | undefined {
  if (secret.length < MIN_SECRET_LENGTH) return undefined;
  const bytes = Buffer.from(secret);
  const packed = [0, 1, 2].map((offset) => packedAt(bytes, offset));
  const whole = plainText(secret).text;
  const wholes = [...new Set([whole, folded(secret), ...packed.map(folded)])];
  return {
    hints: [
      ...new Set([secret, secret.toLowerCase(), secret.toUpperCase(), ...packed].map(hintOf)),
    ],
    wholes,
    parts: parts ? [...partsOf(whole), ...wholes.slice(1)] : wholes,
    // The longest is in escapes of JSON within JSON.
    maxLength: 7 * secret.length,
  };
}

/**
 * The secrets of a header's value: what stands behind a scheme such as `Bearer`, and the password
 * of `Basic`.
 */
export function headerSecrets(value: string): readonly string[] {
  const [, scheme = "", rest = value] = /^([A-Za-z][\w-]*) +(\S+)$/.exec(value) ?? [];
  if (scheme.toLowerCase() !== "basic") return [rest];
  const pair = Buffer.from(rest, "base64").toString();
  return [rest, pair, pair.slice(pair.indexOf(":") + 1)];
}

/**
 * Undoes escapes of JSON (`\u0041`, `\/`), also of JSON within JSON, and of URLs (`%41`), small and
 * capital letters, and the two alphabets of base64. Characters beyond Latin-1, which no secret has,
 * become one that none has either. Costs linear time.
 */
export function plainText(text: string): PlainText {
  const bytes = Buffer.allocUnsafe(text.length);
  const starts = new Uint32Array(text.length + 1);
  let count = 0;
  for (let at = 0; at < text.length; ) {
    const code = text.charCodeAt(at);
    const end =
      code === BACKSLASH
        ? pastBackslashes(text, at)
        : code === PERCENT
          ? pastPercent(text, at)
          : at + 1;
    starts[count] = at;
    bytes[count] = fold(end === at + 1 ? code : escaped(text, at, end));
    count += 1;
    at = end;
  }
  starts[count] = text.length;
  return { text: bytes.toString("latin1", 0, count), starts: starts.subarray(0, count + 1) };
}

const BACKSLASH = 0x5c;
const PERCENT = 0x25;

/** The offset past backslashes, which JSON within JSON doubles, and what they escape. */
function pastBackslashes(text: string, start: number): number {
  let at = start;
  while (text.charCodeAt(at) === BACKSLASH) at += 1;
  const letter = text[at];
  if (letter === "/" || letter === '"') return at + 1;
  return letter === "u" && /^[0-9a-f]{4}$/i.test(text.slice(at + 1, at + 5)) ? at + 5 : at;
}

function pastPercent(text: string, at: number): number {
  return /^[0-9a-f]{2}$/i.test(text.slice(at + 1, at + 3)) ? at + 3 : at + 1;
}

/** The character that an escape stands for; a backslash for backslashes that escape nothing. */
function escaped(text: string, at: number, end: number): number {
  if (text.charCodeAt(at) === PERCENT) return Number.parseInt(text.slice(at + 1, end), 16);
  const last = text.charCodeAt(end - 1);
  if (last === BACKSLASH || last === 0x2f || last === 0x22) return last;
  return Number.parseInt(text.slice(end - 4, end), 16);
}

function folded(text: string): string {
  const bytes = Buffer.allocUnsafe(text.length);
  for (let at = 0; at < text.length; at += 1) bytes[at] = fold(text.charCodeAt(at));
  return bytes.toString("latin1");
}

function fold(code: number): number {
  if (code >= 0x41 && code <= 0x5a) return code + 0x20;
  if (code === 0x2d) return 0x2b;
  if (code === 0x5f) return 0x2f;
  return code > 0xff ? 0 : code;
}

/**
 * The letters of base64 that stand for the whole of the secret where `offset` bytes (modulo 3)
 * stand before it.
 */
function packedAt(bytes: Buffer, offset: number): string {
  const text = Buffer.concat([Buffer.alloc(offset), bytes]).toString("base64");
  const start = offset === 0 ? 0 : offset + 1;
  return text.slice(start, Math.floor(((offset + bytes.length) * 8) / 6));
}

function partsOf(whole: string): readonly string[] {
  const count = whole.length >= 32 ? 4 : whole.length >= 16 ? 2 : 1;
  const cuts = Array.from({ length: count + 1 }, (_, at) =>
    Math.round((at * whole.length) / count),
  );
  return cuts.slice(1).map((cut, at) => whole.slice(cuts[at], cut));
}

/** How long a hint is at most. */
const HINT_LENGTH = 16;

/**
 * A part of a text that escapes leave as it is: of its longest run of letters and digits the place
 * that begins with the rarest letter, for a native search looks for that one first. The text itself
 * where it has no such run.
 */
function hintOf(text: string): string {
  let run = "";
  for (const [found] of text.matchAll(/[A-Za-z0-9]+/g)) if (found.length > run.length) run = found;
  if (run.length < 6) return text;
  let best = 0;
  let least = Number.POSITIVE_INFINITY;
  for (let at = 0; at <= run.length - 6 && least > 0; at += 1) {
    // A short rest of the run tells less.
    const frequency = frequencyOf(run[at] ?? "") + (run.length - at < HINT_LENGTH ? 0.5 : 0);
    if (frequency >= least) continue;
    least = frequency;
    best = at;
  }
  return run.slice(best, best + HINT_LENGTH);
}

/**
 * How often answers have a letter, from 0: hardly some capitals, most of all digits, of which
 * vectors are made.
 */
function frequencyOf(letter: string): number {
  if (letter >= "a") return "qxzjk".includes(letter) ? 2 : letter > "f" ? 3 : 4;
  if (letter >= "A") return "QXZJKVWY".includes(letter) ? 0 : 1;
  return 5;
}
