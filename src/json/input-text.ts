import { isObject, parseJson } from "./json.ts";

/**
 * The text in the member `input` of an object whose JSON arrives in pieces. One per object, changed
 * by each call.
 */
export interface InputText {
  /** What the next piece adds to the text. */
  read(piece: string): string;
  /** The rest of the text, once the object is over. */
  end(): string;
}

/**
 * Reads `{"input":"..."}` as it grows: escapes are undone, and a character is given whole. Any
 * other text is given at the end: the member where the object has it, nothing where the object is
 * empty, else all of it as it came. Linear in the length of the text.
 */
export function createInputText(): InputText {
  let head: string | undefined = "";
  const whole: string[] = [];
  let open: ((piece: string) => string) | undefined;
  const begin = (piece: string): string => {
    head += piece;
    const opening = OPENING.exec(head ?? "");
    if (opening !== null) {
      open = createStringReader();
      const rest = (head ?? "").slice(opening[0].length);
      head = undefined;
      return open(rest);
    }
    if (!mayOpen(head ?? "")) {
      whole.push(head ?? "");
      head = undefined;
    }
    return "";
  };
  return {
    read(piece) {
      if (open !== undefined) return open(piece);
      if (head !== undefined) return begin(piece);
      whole.push(piece);
      return "";
    },
    end: () => (open === undefined ? inputOf(head ?? whole.join("")) : ""),
  };
}

const OPENING = /^\s*\{\s*"input"\s*:\s*"/;

/** More than this before the text is no opening that a model writes. */
const MAX_HEAD = 1024;

function mayOpen(head: string): boolean {
  return head.length <= MAX_HEAD && '{"input":"'.startsWith(head.replaceAll(/\s+/g, ""));
}

/** The text that arguments stand for which came whole. */
export function inputOf(argumentsJson: string): string {
  const parsed = parseJson(argumentsJson);
  if (!parsed.ok || !isObject(parsed.value)) return argumentsJson;
  const { input } = parsed.value;
  if (typeof input === "string") return input;
  return Object.keys(parsed.value).length === 0 ? "" : argumentsJson;
}

/**
 * Reads the inside of a JSON string that arrives in pieces, up to its quote. What is half at the
 * end of a piece waits for the next.
 */
function createStringReader(): (piece: string) => string {
  let held = "";
  let closed = false;
  return (piece) => {
    if (closed) return "";
    const text = held + piece;
    const end = endOf(text);
    closed = end.closed;
    held = closed ? "" : text.slice(end.whole);
    return unescaped(text.slice(0, end.whole));
  };
}

/** How far a text can be read, and whether its quote closes there. */
function endOf(text: string): { readonly whole: number; readonly closed: boolean } {
  let at = 0;
  while (at < text.length) {
    const character = text[at];
    if (character === '"') return { whole: at, closed: true };
    const length = character === "\\" ? escapeLength(text, at) : unitsOf(text, at);
    if (at + length > text.length) return { whole: at, closed: false };
    at += length;
  }
  return { whole: at, closed: false };
}

/** The length of an escape, with the second half of its character; beyond the text where cut. */
function escapeLength(text: string, at: number): number {
  if (text[at + 1] !== "u") return 2;
  if (!/^d[89ab]/i.test(text.slice(at + 2, at + 6))) return 6;
  const second = text.slice(at + 6, at + 12);
  if (second.length === 6) return /^\\u[dD][c-fC-F]/.test(second) ? 12 : 6;
  return "\\u".startsWith(second.slice(0, 2)) ? 12 : 6;
}

function unitsOf(text: string, at: number): number {
  const isFirstHalf = /[\ud800-\udbff]/.test(text[at] ?? "");
  const isWhole = at + 1 < text.length && !/[\udc00-\udfff]/.test(text[at + 1] ?? "");
  return isFirstHalf && !isWhole ? 2 : 1;
}

const ESCAPE = /\\(?:u([0-9a-fA-F]{4})|([\s\S]))/g;

const letters: ReadonlyMap<string, string> = new Map([
  ["n", "\n"],
  ["t", "\t"],
  ["r", "\r"],
  ["b", "\b"],
  ["f", "\f"],
]);

/** An escape that JSON does not know is the character itself. */
function unescaped(text: string): string {
  if (!text.includes("\\")) return text;
  return text.replaceAll(ESCAPE, (_, code: string | undefined, letter: string | undefined) =>
    code === undefined
      ? (letters.get(letter ?? "") ?? letter ?? "")
      : String.fromCharCode(Number.parseInt(code, 16)),
  );
}
