import type { Dialect } from "../dialect.ts";
import { type OperationName, operations } from "../operation.ts";
import { modelFates, thinkingFates } from "../traits/model-fates.ts";
import { fateOf } from "./fidelity.ts";
import type { FidelityTable, FieldFate } from "./fidelity-table.ts";

/**
 * The model that a table describes: rows may differ by model and by what its vendor's row declares.
 */
export interface Served {
  readonly model: string;
  readonly quirks: Readonly<Record<string, unknown>>;
}

/** A dialect of which nothing more is known. */
export const anyModel: Served = { model: "", quirks: {} };

/**
 * The table of an operation with what the gateway does in place of the vendor: the policies in
 * front of the dispatch fetch media, ask several times, split inputs and rename tools before the
 * dialect, which would refuse them, gets to see the request, and a chat is fitted to its model.
 */
export function withGatewayFates(
  { fidelity, emulation, fitsThinking }: Dialect,
  operation: OperationName,
  { model, quirks }: Served,
): FidelityTable {
  const table = fidelity[operation]?.table ?? {};
  const added: [path: string, note: string][] = [];
  if (operation === "chat" && emulation?.singleAnswer?.(model, quirks) === true)
    added.push(["n", SEVERAL]);
  if (operation === "embed" && emulation?.embedInputs?.(model, quirks) !== undefined)
    added.push(["inputs", SPLIT]);
  const named = operation === "chat" || operation === "count_tokens";
  const namesFitted = named && emulation?.toolNames?.(model, quirks) !== undefined;
  const { urlField } = operations[operation];
  if (urlField !== undefined) {
    for (const kind of emulation?.bytesOnly?.(operation, model, quirks) ?? []) {
      const field = urlField(kind);
      if (field !== undefined) added.push([field, FETCHED]);
    }
  }
  const rows = added.map(
    ([path, note]) => [path, { ...fateOf(table, path), emulated: note }] as const,
  );
  const names = namesFitted
    ? NAMED.map(
        (path) => [path, { forwarded: "", ...fateOf(table, path), mapped: RENAMED }] as const,
      )
    : [];
  const fitted = operation === "chat" ? fittedRows(table, fitsThinking === true) : {};
  return { ...table, ...fitted, ...Object.fromEntries([...names, ...rows]) };
}

/** What the dialect says of a field counts over what fitting to the model may make of it. */
function fittedRows(table: FidelityTable, fitsThinking: boolean): FidelityTable {
  const fates = fitsThinking ? modelFates : { ...modelFates, ...thinkingFates };
  const rows = Object.entries(fates).flatMap(([path, fate]) => {
    const own = fateOf(table, path);
    return own !== undefined && isSent(own) ? [[path, { ...fate, ...own }] as const] : [];
  });
  return Object.fromEntries(rows);
}

function isSent({ forwarded, mapped, emulated, clamped }: FieldFate): boolean {
  return [forwarded, mapped, emulated, clamped].some((note) => note !== undefined);
}

const SEVERAL = "above 1 the gateway sends n requests in parallel, at most 16";
const NAMED = [
  "tools[].function.name",
  "tools[].custom.name",
  "tool_choice.name",
  "tool_choice.allowed.names",
  "messages[].parts[].tool_call.name",
];
const RENAMED = "sent under a name that the vendor takes; calls come back under the caller's own";
const SPLIT = "more than the vendor takes in one call are sent in several calls";
const FETCHED = "the gateway fetches the file where media_fetch allows, and sends its bytes";
