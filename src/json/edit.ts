import { asBuffer } from "./json.ts";
import {
  type JsonMember,
  rootStart,
  type ScannedMembers,
  scanMembers,
  skipBlanks,
  skipBlanksBack,
} from "./scan.ts";
import { findSole } from "./sole-member.ts";

/**
 * JSON text to set, null to delete, the text of another member to set, or edits inside the object
 * there (created when absent or null).
 */
export type JsonEdit = Uint8Array | string | null | MemberText | JsonEdits;

/** Edits by key. A key is compared with the decoded keys of the text. */
export interface JsonEdits {
  readonly [key: string]: JsonEdit;
}

/**
 * The exact text that a member of the same object has before the edits, of duplicates the last; it
 * must be edited too. Where there is no such member nothing is set.
 */
export class MemberText {
  readonly key: string;

  constructor(key: string) {
    this.key = key;
  }
}

/** A text that is smaller costs less to walk than to search. */
const LARGE_BYTES = 2048;

const COMMA = 0x2c;

interface Output {
  readonly source: Buffer;
  readonly pieces: Uint8Array[];
  /** Source bytes before this offset are dealt with: copied or left out. */
  done: number;
}

/**
 * Edits members of the root object and keeps every other byte: order, whitespace, number spelling,
 * escapes, duplicates of other keys. Every occurrence of an edited key gets the value; null takes
 * the member and one comma away; an absent key is put after the last member. Values are JSON text
 * and are not checked. Undefined when the text cannot be edited so: the root is not an object, or
 * nested edits meet a value that is neither an object nor null. Of a large text only the edited
 * members are looked at: it is meant for text that is known to be JSON.
 */
export function editTopLevel(bytes: Uint8Array, edits: JsonEdits): Uint8Array | undefined {
  const source = asBuffer(bytes);
  const root =
    (source.length < LARGE_BYTES ? undefined : findEdited(source, edits)) ??
    walkRoot(source, Object.keys(edits));
  if (root === undefined) return undefined;
  const output: Output = { source, pieces: [], done: 0 };
  if (!editObject(output, root, edits)) return undefined;
  output.pieces.push(source.subarray(output.done));
  return Buffer.concat(output.pieces);
}

/**
 * As editTopLevel, for one value at a path of keys; objects on the way are created when absent or
 * null. The path has at least one key.
 */
export function editAt(
  bytes: Uint8Array,
  path: readonly string[],
  value: Uint8Array | string | null,
): Uint8Array | undefined {
  const edits = path.reduceRight<JsonEdit>((inner, key) => ({ [key]: inner }), value);
  return isNested(edits) ? editTopLevel(bytes, edits) : undefined;
}

function walkRoot(source: Buffer, keys: readonly string[]): ScannedMembers | undefined {
  const root = scanMembers(source, skipBlanks(source, rootStart(source)), keys);
  return root !== undefined && skipBlanks(source, root.end) === source.length ? root : undefined;
}

/** The members that are edited; undefined where only a walk over all of them can tell. */
function findEdited(source: Buffer, edits: JsonEdits): ScannedMembers | undefined {
  const keys = Object.keys(edits);
  if (keys.length > 1 || !keys.every((key) => /^\w+$/.test(key))) return undefined;
  const soles = findSole(source, keys);
  const brace = skipBlanksBack(source, source.length - 1);
  if (soles === undefined || soles.length === 0 || source[brace] !== 0x7d) return undefined;
  const members = soles.toSorted((left, right) => left.keyStart - right.keyStart);
  const valuesEnd = skipBlanksBack(source, brace - 1) + 1;
  return { members, valuesEnd, empty: false, end: brace + 1 };
}

function editObject(output: Output, object: ScannedMembers, edits: JsonEdits): boolean {
  const { members } = object;
  // Whether no member stands before the next one any more, and where that one begins.
  let gone = object.empty;
  let nextStart = -1;
  for (const member of members) {
    const edit = edits[member.key];
    if (edit === null) {
      const first = member.keyStart === nextStart || isFirst(output.source, member);
      deleteMember(output, member, first);
      if (first) nextStart = output.done;
      gone = first && nextStart === member.valueEnd;
    } else if (edit !== undefined && !replaceValue(output, member, members, edit)) return false;
  }
  copyUntil(output, object.valuesEnd);
  addMembers(output, members, edits, gone);
  return true;
}

/** Adds the members that the object does not have; `first`: no others are left of it. */
function addMembers(
  { source, pieces }: Output,
  members: readonly JsonMember[],
  edits: JsonEdits,
  first: boolean,
): void {
  let comma = first ? "" : ",";
  for (const key of Object.keys(edits)) {
    const edit = edits[key] ?? null;
    if (edit === null || members.some((member) => member.key === key)) continue;
    const text = printEdit(source, members, edit);
    if (text === undefined) continue;
    pieces.push(Buffer.from(`${comma}${JSON.stringify(key)}:`), text);
    comma = ",";
  }
}

/** Whether no member stands before one in its object. */
function isFirst(source: Buffer, { keyStart }: JsonMember): boolean {
  return source[skipBlanksBack(source, keyStart - 1)] !== COMMA;
}

/**
 * A deleted member goes with the comma before it, or, when none that stays is before it, with the
 * one after it.
 */
function deleteMember(output: Output, { keyStart, valueEnd }: JsonMember, first: boolean): void {
  const { source } = output;
  if (first) {
    copyUntil(output, keyStart);
    const after = skipBlanks(source, valueEnd);
    output.done = source[after] === COMMA ? skipBlanks(source, after + 1) : valueEnd;
  } else {
    copyUntil(output, skipBlanksBack(source, skipBlanksBack(source, keyStart - 1) - 1) + 1);
    output.done = valueEnd;
  }
}

function replaceValue(
  output: Output,
  member: JsonMember,
  members: readonly JsonMember[],
  edit: Exclude<JsonEdit, null>,
): boolean {
  const { source } = output;
  if (isNested(edit)) {
    const object = scanMembers(source, member.valueStart, Object.keys(edit));
    if (object !== undefined) return editObject(output, object, edit);
    if (source.toString("latin1", member.valueStart, member.valueEnd) !== "null") return false;
  }
  const text = printEdit(source, members, edit);
  if (text === undefined) return true;
  copyUntil(output, member.valueStart);
  output.pieces.push(text);
  output.done = member.valueEnd;
  return true;
}

function copyUntil(output: Output, end: number): void {
  if (end <= output.done) return;
  output.pieces.push(output.source.subarray(output.done, end));
  output.done = end;
}

/** The text of a value to insert; undefined when the edit only deletes. */
function printEdit(
  source: Buffer,
  members: readonly JsonMember[],
  edit: JsonEdit,
): Uint8Array | undefined {
  if (edit === null) return undefined;
  if (typeof edit === "string") return Buffer.from(edit);
  if (edit instanceof MemberText) {
    const member = members.findLast(({ key }) => key === edit.key);
    return member && source.subarray(member.valueStart, member.valueEnd);
  }
  if (!isNested(edit)) return edit;
  const pieces: Uint8Array[] = [];
  for (const [key, inner] of Object.entries(edit)) {
    const text = printEdit(source, [], inner);
    if (text !== undefined)
      pieces.push(Buffer.from(`${pieces.length > 0 ? "," : "{"}${JSON.stringify(key)}:`), text);
  }
  return pieces.length === 0 ? undefined : Buffer.concat([...pieces, Buffer.from("}")]);
}

function isNested(edit: JsonEdit): edit is JsonEdits {
  return (
    typeof edit === "object" &&
    edit !== null &&
    !(edit instanceof Uint8Array) &&
    !(edit instanceof MemberText)
  );
}
