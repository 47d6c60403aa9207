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
 * front of the dispatch fetch media, ask several times, split inputs and send tools as functions
 * before the dialect, which could not, gets to see the request.
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
  const lacks = operation === "chat" ? emulation?.lacksToolForms?.(model, quirks) : undefined;
  if (lacks?.has("custom") === true) added.push(["tools[].custom", AS_FUNCTION]);
  if (lacks?.has("namespace") === true) added.push(["tools[].namespace", FLAT]);
  if (operation === "embed" && emulation?.embedInputs?.(model, quirks) !== undefined)
    added.push(["inputs", SPLIT]);
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
  return { ...table, ...Object.fromEntries(rows) };
}

const SEVERAL = "above 1 the gateway sends n requests in parallel, at most 16";
const AS_FUNCTION =
  "sent as a function whose only argument is the text, and called back as a custom tool";
const FLAT = "sent as namespace__name, and called back by namespace and name";
const SPLIT = "more than the vendor takes in one call are sent in several calls";
const FETCHED = "the gateway fetches the file where media_fetch allows, and sends its bytes";
