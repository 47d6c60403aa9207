import type { Dialect } from "../dialect.ts";
import { type OperationName, operations } from "../operation.ts";
import { fateOf } from "./fidelity.ts";
import type { FidelityTable } from "./fidelity-table.ts";

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
 * dialect, which would refuse them, gets to see the request.
 */
export function withGatewayFates(
  { fidelity, emulation }: Dialect,
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
  const fitted = named && emulation?.toolNames?.(model, quirks) !== undefined;
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
  const names = fitted
    ? NAMED.map(
        (path) => [path, { forwarded: "", ...fateOf(table, path), mapped: RENAMED }] as const,
      )
    : [];
  return { ...table, ...Object.fromEntries([...names, ...rows]) };
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
