import { fateOf } from "../../core/fidelity/fidelity.ts";
import type { FidelityTable, FieldFate } from "../../core/fidelity/fidelity-table.ts";

const part = "messages[].parts[]";
const registered = { mapped: "sent by its registered name" };

/** What the order and the shape that vendors demand can make of the fields of a conversation. */
const fates: FidelityTable = {
  messages: { forwarded: "", emulated: "begun with a word of the user's, as the vendor demands" },
  "messages[]": {
    forwarded: "",
    mapped: "answers in a row are sent as one; a message that says nothing is left out",
    emulated: "a placeholder or a request to go on stands where the vendor demands words",
    dropped: "a message of which nothing can be sent is left out",
  },
  "messages[].role": {
    mapped: "later instructions are sent as the user's where the vendor says so",
  },
  "messages[].name": { dropped: "two speakers share a message" },
  [part]: {
    mapped: "results are moved right behind their calls, and text before the calls of its message",
    emulated: "a call without result gets a placeholder; a result without call is the user's words",
    dropped: "cannot be sent to the vendor",
  },
  [`${part}.text`]: {
    mapped: "white space at the end of an answer to be gone on with is left out",
  },
  [`${part}.tool_result.content`]: { emulated: "a placeholder stands for its empty content" },
  [`${part}.image.media_type`]: registered,
  [`${part}.video.media_type`]: registered,
  [`${part}.document.media_type`]: registered,
  [`${part}.audio.format`]: registered,
};

/** A table of a dialect whose conversations are arranged. What it says itself stands. */
export function withTurnFates(table: FidelityTable): FidelityTable {
  const added = Object.entries(fates).flatMap(([path, fate]) => {
    const known = fateOf(table, path) ?? {};
    return isDeclined(known) ? [] : [[path, { ...fate, ...known }] as const];
  });
  return { ...table, ...Object.fromEntries(added) };
}

/** Whether a field is never sent, so that nothing of it can be arranged. */
function isDeclined(fate: FieldFate): boolean {
  const outcomes = Object.keys(fate);
  return outcomes.length > 0 && outcomes.every((word) => word === "dropped" || word === "refused");
}
