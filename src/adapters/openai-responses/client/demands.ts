import type { Demand } from "../../../core/beside-request.ts";
import { isPresent } from "../../../json/members.ts";
import { demand } from "../../shared/notes/unknown-members.ts";
import type { Cursor } from "../../shared/request-cursor.ts";
import { DIALECT } from "../wire.ts";

const keeping = (message: string): Omit<Demand, "path"> => ({ message, dialects: [DIALECT] });

const reference = keeping(
  "the target's vendor keeps no items: send the item itself (store: false has clients do so)",
);
const fileId = {
  message: "another vendor keeps this file: send its bytes or its address",
  dialects: [DIALECT, "openai-chat"],
};

/**
 * Members by which a request refers to what the vendor keeps, or leaves its answer there. See
 * https://platform.openai.com/docs/api-reference/responses/create (2026-11).
 */
const kept: readonly (readonly [key: string, demand: Omit<Demand, "path">])[] = [
  [
    "previous_response_id",
    keeping("the target's vendor keeps no responses: send the whole conversation as input"),
  ],
  [
    "conversation",
    keeping("the target's vendor keeps no conversations: send the whole conversation as input"),
  ],
  ["prompt", keeping("the target's vendor keeps no prompts: send its text as instructions")],
];

/** Notes what of a request only a vendor can honour that keeps responses. */
export function noteKept(cursor: Cursor): void {
  for (const [key, what] of kept) if (isPresent(cursor.json[key])) demand(cursor, key, what);
  if (cursor.json.background === true)
    demand(cursor, "background", keeping("the target's vendor answers at once: leave it out"));
}

/**
 * Whether an item only refers to one that the vendor keeps. Its type may be left out
 * (https://platform.openai.com/docs/api-reference/responses/create, `item_reference`).
 */
export function isReference(json: Cursor["json"]): boolean {
  if (json.type === "item_reference") return true;
  const keys = Object.keys(json).filter((key) => isPresent(json[key]));
  return keys.length === 1 && keys[0] === "id";
}

/** Notes an item that only refers to one that the vendor keeps. */
export function noteReference(item: Cursor): void {
  demand(item, "", reference);
}

/** Notes a file that the vendor keeps. */
export function noteFileId(content: Cursor): void {
  demand(content, "file_id", fileId);
}
