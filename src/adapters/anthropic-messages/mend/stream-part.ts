import { type Json, type JsonObject, stringAt } from "../../../json/json.ts";
import { memberSource, type Source, sourceText } from "../../../json/source-slice.ts";
import type { HeldInput } from "../../shared/answers/held-input.ts";

/** A block that a client has seen the beginning of: the stream's own, changed in place. */
export interface MendedBlock extends HeldInput {
  /** The client's number of it. */
  readonly index: number;
  readonly kind: BlockKind;
}

/** What can be added to a block. */
export type BlockKind = "text" | "thinking" | "tool" | "other";

/** The kind of the blocks of a type. */
export function kindOf(type: Json | undefined): BlockKind {
  if (type === "text" || type === "thinking") return type;
  return typeof type === "string" && type.endsWith("tool_use") ? "tool" : "other";
}

/** The type of the block that a delta is added to. */
export function typeOfDelta({ type }: JsonObject): "text" | "thinking" | "tool_use" | undefined {
  switch (type) {
    case "text_delta":
    case "citations_delta":
      return "text";
    case "thinking_delta":
    case "signature_delta":
      return "thinking";
    case "input_json_delta":
      return "tool_use";
    default:
      return undefined;
  }
}

/** Whether a delta can be added to a block: clients skip one of another kind. */
export function fits({ kind }: MendedBlock, delta: JsonObject): boolean {
  const type = typeOfDelta(delta);
  return type === undefined || kind === "other" || kindOf(type) === kind;
}

/**
 * A delta with the member that its type demands as a text, which some servers leave out or write as
 * null or as an object, and with its type. The same delta where it has both. `source`: its bytes.
 */
export function wordedDelta(delta: JsonObject, source: Source): JsonObject {
  if (delta.type === undefined) return typedDelta(delta);
  const member = typeof delta.type === "string" ? MEMBERS.get(delta.type) : undefined;
  if (member === undefined || stringAt(delta, member) !== undefined) return delta;
  const value = delta[member];
  const text =
    value === undefined || value === null ? "" : sourceText(memberSource(source, member), value);
  return { ...delta, [member]: text };
}

/** A delta that does not say what it is, by the member that it has. */
function typedDelta(delta: JsonObject): JsonObject {
  for (const [type, member] of MEMBERS) {
    if (delta[member] !== undefined) return { ...delta, type };
  }
  return delta;
}

const MEMBERS: ReadonlyMap<string, string> = new Map([
  ["text_delta", "text"],
  ["thinking_delta", "thinking"],
  ["signature_delta", "signature"],
  ["input_json_delta", "partial_json"],
]);
