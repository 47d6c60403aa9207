import type { RawFrame, SentSecrets } from "../../core/target/outlet.ts";
import { asBuffer } from "../../json/json.ts";
import { MIN_SECRET_LENGTH, type PlainText, plainText, type SecretForms } from "./secret-forms.ts";

/**
 * What is shown in the place of a secret. Its letters mean nothing in JSON, so that it may stand in
 * any text of it.
 */
const REDACTED = "[redacted]";

/** Part of a text: from an offset up to another. */
type Span = readonly [start: number, end: number];

/** How much of a body is searched at a time, so that a large one is never held in another form. */
const BLOCK_BYTES = 1 << 20;

/** The secrets that a request showed a vendor, and what is done to all that comes back. */
export interface ShownSecrets extends SentSecrets {
  /** A body without them; the same bytes where they are not in it. Costs one native search. */
  cleanBytes(bytes: Uint8Array): Uint8Array;
  /**
   * Frames without them; the same ones where they are not in them. A secret that is parted among
   * frames is not found.
   */
  cleanFrames(frames: readonly RawFrame[]): readonly RawFrame[];
  /** These and others. */
  with(others: readonly SecretForms[]): ShownSecrets;
}

/** Makes them out of prepared secrets. */
export function createShownSecrets(secrets: readonly SecretForms[]): ShownSecrets {
  const mayHold = hintOfAny(secrets);
  const wholes = secrets.flatMap((secret) => secret.wholes);
  const parts = secrets.flatMap((secret) => secret.parts);
  /** A token is joined once, though many requests carry it. */
  const joined = new WeakMap<readonly SecretForms[], ShownSecrets>();
  const margin = Math.max(0, ...secrets.map((secret) => secret.maxLength));

  const cleanBytes = (bytes: Uint8Array): Uint8Array => {
    if (secrets.length === 0) return bytes;
    const buffer = asBuffer(bytes);
    const spans: Span[] = [];
    for (let from = 0; from < buffer.length; from += BLOCK_BYTES) {
      const text = buffer.toString(
        "latin1",
        from,
        Math.min(buffer.length, from + BLOCK_BYTES + margin),
      );
      if (!mayHold.test(text)) continue;
      for (const [start, end] of findSpans(plainText(text), wholes))
        spans.push([from + start, from + end]);
    }
    return spans.length === 0 ? bytes : without(buffer, merged(spans));
  };
  const cleanFrame = (frame: RawFrame): RawFrame => {
    const raw = cleanBytes(frame.raw);
    if (raw === frame.raw) return frame;
    return {
      ...frame,
      event: clean(frame.event, frame.event.length),
      data: cleanBytes(frame.data),
      raw,
    };
  };
  const clean = (text: string, maxLength: number): string => {
    if (text.length < MIN_SECRET_LENGTH && text.length <= maxLength) return text;
    // A secret that begins before the bound is seen whole, so that no first half of one is left.
    const seen = text.length > maxLength ? text.slice(0, maxLength + margin) : text;
    const spans = secrets.length === 0 ? [] : merged(findSpans(plainText(seen), parts));
    return cut(withoutSpans(seen, spans, maxLength), maxLength);
  };

  return {
    clean,
    cleanBytes,
    cleanFrames(frames) {
      if (secrets.length === 0) return frames;
      let cleaned: RawFrame[] | undefined;
      for (const [at, frame] of frames.entries()) {
        const clear = cleanFrame(frame);
        if (clear === frame) continue;
        cleaned ??= frames.slice();
        cleaned[at] = clear;
      }
      return cleaned ?? frames;
    },
    with(others) {
      const known = joined.get(others);
      if (known !== undefined) return known;
      const fresh = createShownSecrets([...secrets, ...others]);
      joined.set(others, fresh);
      return fresh;
    },
  };
}

/** A letter or digit in the escapes of JSON, which no encoder writes without wanting to hide it. */
const HIDDEN = String.raw`\\u00(?:3[0-9]|[46][1-9a-fA-F]|[57][0-9aA])`;

/**
 * Finds what every text has that holds one of the secrets, and hardly any other. One expression,
 * for it passes over a text once: a search for each hint costs as much as this one does for all,
 * where an answer has their first letters often.
 */
function hintOfAny(secrets: readonly SecretForms[]): RegExp {
  const hints = new Set(secrets.flatMap((secret) => secret.hints));
  const literal = (hint: string): string =>
    hint.replaceAll(/\W/g, (unit) => `\\u${hex4(unit.charCodeAt(0))}`);
  return new RegExp([...Array.from(hints, literal), HIDDEN].join("|"));
}

function hex4(code: number): string {
  return code.toString(16).padStart(4, "0");
}

/** Where any of the spellings stands, as offsets of the text that the plain one came from. */
function findSpans({ text, starts }: PlainText, spellings: readonly string[]): Span[] {
  const spans: Span[] = [];
  for (const spelling of spellings) {
    let at = text.indexOf(spelling);
    while (at !== -1) {
      spans.push([starts[at] ?? 0, starts[at + spelling.length] ?? 0]);
      at = text.indexOf(spelling, at + spelling.length);
    }
  }
  return spans;
}

/** In order, those that touch made one. */
function merged(spans: readonly Span[]): readonly Span[] {
  const result: Span[] = [];
  for (const [start, end] of spans.toSorted((one, other) => one[0] - other[0])) {
    const last = result.at(-1);
    if (last !== undefined && start <= last[1])
      result[result.length - 1] = [last[0], Math.max(last[1], end)];
    else result.push([start, end]);
  }
  return result;
}

function without(bytes: Buffer, spans: readonly Span[]): Uint8Array {
  const pieces: Uint8Array[] = [];
  let from = 0;
  for (const [start, end] of spans) {
    pieces.push(bytes.subarray(from, start), Buffer.from(REDACTED));
    from = end;
  }
  return Buffer.concat([...pieces, bytes.subarray(from)]);
}

function withoutSpans(text: string, spans: readonly Span[], maxLength: number): string {
  let result = "";
  let from = 0;
  for (const [start, end] of spans) {
    if (start >= maxLength) break;
    result += text.slice(from, start) + REDACTED;
    from = end;
  }
  return from < maxLength ? result + text.slice(from, maxLength) : result;
}

/** Cuts a text, but not within a character. */
function cut(text: string, maxLength: number): string {
  const end =
    text.length > maxLength && isHighSurrogate(text.charCodeAt(maxLength - 1))
      ? maxLength - 1
      : maxLength;
  return text.slice(0, end);
}

function isHighSurrogate(code: number): boolean {
  return code >= 0xd800 && code <= 0xdbff;
}
