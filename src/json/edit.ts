import { asBuffer } from "./json.ts";
import {
  type JsonMember,
  rootStart,
  scanObject,
  scanRoot,
  skipBlanks,
  skipBlanksBack,
} from "./scan.ts";
import { findSole } from "./sole-member.ts";

/**
 * JSON text to set, null to delete, or edits inside the object there (created when absent or null).
 */
export type JsonEdit = Uint8Array | string | null | JsonEdits;

/** Edits by key. A key is compared with the decoded keys of the text. */
export interface JsonEdits {
  readonly [key: string]: JsonEdit;
}

/** A text that is smaller costs less to walk than to search. */
const LARGE_BYTES = 512;

/** An object as far as edits have to know it. */
interface Editable {
  /**
   * In source order. Those between which nothing is deleted may be left out where they are not
   * edited.
   */
  readonly members: readonly JsonMember[];
  /** Past the last member's value; past the opening brace where there is none. */
  readonly end: number;
}

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
    (source.length < LARGE_BYTES ? undefined : findEdited(source, edits)) ?? walkRoot(source);
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

function walkRoot(source: Buffer): Editable | undefined {
  const root = scanRoot(source);
  return root === undefined
    ? undefined
    : editable(skipBlanks(source, rootStart(source)), root.members);
}

function editable(open: number, members: readonly JsonMember[]): Editable {
  return { members, end: members.at(-1)?.valueEnd ?? open + 1 };
}

/** The members that are edited; undefined where only a walk over all of them can tell. */
function findEdited(source: Buffer, edits: JsonEdits): Editable | undefined {
  const members: JsonMember[] = [];
  for (const key of Object.keys(edits)) {
    const sole = edits[key] === null || !/^\w+$/.test(key) ? undefined : findSole(source, key);
    if (sole === undefined) return undefined;
    if (sole.member !== undefined) members.push(sole.member);
  }
  const brace = skipBlanksBack(source, source.length - 1);
  if (members.length === 0 || source[brace] !== 0x7d) return undefined;
  members.sort((left, right) => left.keyStart - right.keyStart);
  return { members, end: skipBlanksBack(source, brace - 1) + 1 };
}

function editObject(output: Output, { members, end }: Editable, edits: JsonEdits): boolean {
  const pending = new Map(Object.entries(edits));
  const keys = new Map(pending);
  let kept = 0;
  for (const [index, member] of members.entries()) {
    const edit = keys.get(member.key);
    if (edit !== undefined) pending.delete(member.key);
    if (edit === null) {
      deleteMember(output, members, index, kept > 0);
      continue;
    }
    kept += 1;
    if (edit !== undefined && !replaceValue(output, member, edit)) return false;
  }
  copyUntil(output, end);
  for (const [key, edit] of pending) {
    const text = printEdit(edit);
    if (text === undefined) continue;
    output.pieces.push(Buffer.from(`${kept > 0 ? "," : ""}${JSON.stringify(key)}:`), text);
    kept += 1;
  }
  return true;
}

/**
 * A deleted member goes with the comma before it, or, when none that stays is before it, with the
 * one after it.
 */
function deleteMember(
  output: Output,
  members: readonly JsonMember[],
  index: number,
  follows: boolean,
): void {
  const member = members[index];
  if (member === undefined) return;
  copyUntil(output, follows ? (members[index - 1]?.valueEnd ?? member.keyStart) : member.keyStart);
  output.done = follows ? member.valueEnd : (members[index + 1]?.keyStart ?? member.valueEnd);
}

function replaceValue(output: Output, member: JsonMember, edit: Exclude<JsonEdit, null>): boolean {
  if (isNested(edit)) {
    const object = scanObject(output.source, member.valueStart);
    if (object !== undefined)
      return editObject(output, editable(member.valueStart, object.members), edit);
    if (output.source.toString("latin1", member.valueStart, member.valueEnd) !== "null")
      return false;
  }
  const text = printEdit(edit);
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
function printEdit(edit: JsonEdit): Uint8Array | undefined {
  if (edit === null) return undefined;
  if (typeof edit === "string") return Buffer.from(edit);
  if (!isNested(edit)) return edit;
  const pieces: Uint8Array[] = [];
  for (const [key, inner] of Object.entries(edit)) {
    const text = printEdit(inner);
    if (text !== undefined)
      pieces.push(Buffer.from(`${pieces.length > 0 ? "," : "{"}${JSON.stringify(key)}:`), text);
  }
  return pieces.length === 0 ? undefined : Buffer.concat([...pieces, Buffer.from("}")]);
}

function isNested(edit: JsonEdit): edit is JsonEdits {
  return typeof edit === "object" && edit !== null && !(edit instanceof Uint8Array);
}
