import type { JsonObject } from "../../json/json.ts";
import { stringAt } from "../../json/json.ts";
import { isObjectText, membersOf, printMembers } from "../../json/members.ts";
import { memberSources, type Source, sourceText } from "../../json/source-slice.ts";

/** A block that is kept as it is, while its deltas come: the stream's own, changed in place. */
export interface OpaqueBlock {
  /** What it began with, as JSON text. */
  readonly start: string;
  /**
   * Its members, each as JSON text; a text that may grow lacks its closing quote until the end.
   * Undefined: nothing was added to what it began with, which stays byte for byte.
   */
  members: Map<string, OpaqueMember> | undefined;
  /** Input of a tool that the vendor runs, which comes as pieces of JSON text. */
  input: string;
}

interface OpaqueMember {
  text: string;
  readonly growing: boolean;
}

/** A block with what it holds from the start. */
export function createOpaqueBlock(json: JsonObject, source: Source): OpaqueBlock {
  return { start: sourceText(source, json), members: undefined, input: "" };
}

/**
 * Adds a delta: texts grow, whatever else it holds replaces what was there. Costs no more than the
 * delta is long.
 */
export function addToOpaque(block: OpaqueBlock, delta: JsonObject, source: Source): void {
  if (delta.type === "input_json_delta") {
    block.input += stringAt(delta, "partial_json") ?? "";
    return;
  }
  const members = membersAt(block);
  const sourceOf = memberSources(source);
  for (const key of Object.keys(delta)) {
    const value = delta[key];
    if (key === "type" || value === null || value === undefined) continue;
    const present = members.get(key);
    if (typeof value !== "string") put(members, key, sourceText(sourceOf(key), value));
    else if (present?.growing === true) present.text += JSON.stringify(value).slice(1, -1);
    else put(members, key, JSON.stringify(value));
  }
}

/** The whole block. Input that is no JSON object is sent as the text it is. */
export function printOpaque(block: OpaqueBlock): string {
  const { input } = block;
  if (input === "" && block.members === undefined) return block.start;
  const members = membersAt(block);
  if (input !== "") put(members, "input", isObjectText(input) ? input : JSON.stringify(input));
  return printMembers(
    Array.from(members, ([key, { text, growing }]) => [key, growing ? `${text}"` : text]),
  );
}

function membersAt(block: OpaqueBlock): Map<string, OpaqueMember> {
  if (block.members === undefined) {
    block.members = new Map();
    for (const [key, text] of membersOf(block.start) ?? []) put(block.members, key, text);
  }
  return block.members;
}

function put(members: Map<string, OpaqueMember>, key: string, text: string): void {
  const growing = text.startsWith('"');
  members.set(key, { text: growing ? text.slice(0, -1) : text, growing });
}
