import { arrayAt, isObject, type Json, type JsonObject, stringAt } from "../../../json/json.ts";

/** What is known of a stream between two frames: the stream's own, changed in place. */
export interface StreamState {
  started: boolean;
  responseId: string;
  /** By index, in the order in which they began. */
  readonly choices: Map<number, ChoiceState>;
  /** Why the prompt was blocked, in the vendor's word; "" when it was not. */
  blocked: string;
  /** The counts emitted last: counts are emitted only when they change. */
  counts: string;
  /** Members of the answer that only this dialect has, so far, each as JSON text. */
  readonly extras: Map<string, string>;
}

/** One candidate. */
export interface ChoiceState {
  readonly index: number;
  /** How many parts have begun. */
  parts: number;
  open: OpenPart | undefined;
  /** How many tool calls have begun. */
  calls: number;
  call: OpenCall | undefined;
  /** Why it stopped, in the vendor's word. Undefined: it has not said so. */
  finished: string | undefined;
  /** Its text, for the places of citations. */
  readonly texts: { readonly part: number; text: string }[];
  readonly grounding: JsonObject[];
  readonly quotations: JsonObject[];
  /** Members of the candidate that only this dialect has, so far, each as JSON text. */
  readonly extras: Map<string, string>;
}

/** The part that the next piece of its kind goes on with. */
export interface OpenPart {
  readonly kind: "text" | "thought" | "audio";
  readonly part: number;
  /** The format of sound. */
  readonly format: string;
}

/** A tool call whose arguments arrive in pieces. */
export interface OpenCall {
  readonly part: number;
  readonly pieces: PartialArg[];
}

/** The state before the first frame. */
export function begin(): StreamState {
  return {
    started: false,
    responseId: "",
    choices: new Map(),
    blocked: "",
    counts: "",
    extras: new Map(),
  };
}

/** A candidate that has said nothing. */
export function beginChoice(index: number): ChoiceState {
  return {
    index,
    parts: 0,
    open: undefined,
    calls: 0,
    call: undefined,
    finished: undefined,
    texts: [],
    grounding: [],
    quotations: [],
    extras: new Map(),
  };
}

/** One piece of the arguments of a function call that arrives in pieces. */
interface PartialArg {
  readonly path: readonly (string | number)[];
  readonly value: string | number | boolean | null;
}

/**
 * The most elements that indices may add to the lists of a call without a value: a wild index must
 * not make a wild list.
 */
const MAX_GAPS = 10_000;

/**
 * The longest path that is read, in characters, and its steps, which are as many levels of the
 * arguments.
 */
const LONGEST_PATH = 8192;
const MAX_STEPS = 128;

/**
 * The pieces of `functionCall.partialArgs`. See https://ai.google.dev/api/caching#FunctionCall
 * (2026-11).
 */
export function readPartialArgs(call: JsonObject): readonly PartialArg[] {
  return (arrayAt(call, "partialArgs") ?? []).flatMap((json) => {
    const path = isObject(json) ? parsePath(stringAt(json, "jsonPath") ?? "") : undefined;
    return isObject(json) && path !== undefined ? [{ path, value: readValue(json) }] : [];
  });
}

/**
 * The arguments as JSON text. Strings of the same path are joined, all else replaces what was
 * there.
 */
export function joinPartialArgs(pieces: readonly PartialArg[]): string {
  const gaps = { left: MAX_GAPS };
  let root: Node = new Map();
  for (const { path, value } of pieces) root = place(root, path, 0, value, gaps);
  return printNode(root);
}

type Node = string | number | boolean | null | Node[] | Map<string, Node>;

function readValue(json: JsonObject): PartialArg["value"] {
  for (const key of ["stringValue", "numberValue", "boolValue"] as const) {
    const value: Json | undefined = json[key];
    if (typeof value === "string" || typeof value === "number" || typeof value === "boolean")
      return value;
  }
  return json.nullValue === undefined ? "" : null;
}

/** A path of names and indexes (RFC 9535): `$.foo.bar[0]['a b']`. Undefined for any other. */
function parsePath(text: string): readonly (string | number)[] | undefined {
  if (!text.startsWith("$") || text.length > LONGEST_PATH) return undefined;
  const steps: (string | number)[] = [];
  const step = /\.([^.[\]]+)|\[(\d{1,9})\]|\['((?:[^'\\]|\\.)*)'\]|\["((?:[^"\\]|\\.)*)"\]/y;
  step.lastIndex = 1;
  while (step.lastIndex < text.length) {
    const match = step.exec(text);
    if (match === null || steps.length === MAX_STEPS) return undefined;
    const [, name, index, single, double] = match;
    if (index !== undefined) steps.push(Number(index));
    else steps.push(name ?? (single ?? double ?? "").replaceAll(/\\(.)/g, "$1"));
  }
  return steps;
}

/** A fresh tree is built at each join, so growing it in place changes nothing that others see. */
function place(
  node: Node | undefined,
  path: readonly (string | number)[],
  at: number,
  value: PartialArg["value"],
  gaps: { left: number },
): Node {
  const step = path[at];
  if (step === undefined)
    return typeof node === "string" && typeof value === "string" ? node + value : value;
  if (typeof step === "number") {
    const list = Array.isArray(node) ? node : [];
    const gap = Math.max(0, step - list.length);
    if (gap > gaps.left) return list;
    gaps.left -= gap;
    while (list.length < step) list.push(null);
    list[step] = place(list[step], path, at + 1, value, gaps);
    return list;
  }
  const map = node instanceof Map ? node : new Map<string, Node>();
  map.set(step, place(map.get(step), path, at + 1, value, gaps));
  return map;
}

function printNode(node: Node): string {
  if (Array.isArray(node)) return `[${node.map(printNode).join(",")}]`;
  if (!(node instanceof Map)) return JSON.stringify(node);
  return `{${[...node].map(([key, value]) => `${JSON.stringify(key)}:${printNode(value)}`).join(",")}}`;
}
