import { create } from "@bufbuild/protobuf";
import { ChatSchema } from "../../../gen/parlance/chat/v1/chat_pb.js";
import type { Dialect } from "../dialect.ts";
import type { Emulation } from "../emulation.ts";
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
 * front of the dispatch fetch media, ask several times, split inputs, rename tools and send them as
 * functions before the dialect, which could not, gets to see the request, and a chat is fitted to
 * its model.
 */
export function withGatewayFates(
  { fidelity, emulation, fitsThinking }: Dialect,
  operation: OperationName,
  { model, quirks }: Served,
): FidelityTable {
  const table = fidelity[operation]?.table ?? {};
  const added = [
    ...(operation === "chat" ? chatNotes(emulation, { model, quirks }) : []),
    ...mediaNotes(emulation, operation, { model, quirks }),
  ];
  if (operation === "embed" && emulation?.embedInputs?.(model, quirks) !== undefined)
    added.push(["inputs", SPLIT]);
  const named = operation === "chat" || operation === "count_tokens";
  const namesFitted = named && emulation?.toolNames?.(model, quirks) !== undefined;
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

type Note = [path: string, note: string];

function chatNotes(emulation: Emulation | undefined, { model, quirks }: Served): Note[] {
  const notes: Note[] = [];
  if (emulation?.singleAnswer?.(model, quirks) === true) notes.push(["n", SEVERAL]);
  const lacks = emulation?.lacksToolForms?.(model, quirks);
  if (lacks?.has("custom") === true) notes.push(["tools[].custom", AS_FUNCTION]);
  if (lacks?.has("namespace") === true)
    notes.push(["tools[].namespace", FLAT], ["tools[].builtin", SEARCHED]);
  for (const [path, format] of formats) {
    const probe = create(ChatSchema, { responseFormat: { format } });
    if (emulation?.jsonAnswer?.(probe, model, quirks) !== undefined) notes.push([path, AS_JSON]);
  }
  return notes;
}

function mediaNotes(
  emulation: Emulation | undefined,
  operation: OperationName,
  { model, quirks }: Served,
): Note[] {
  const { urlField } = operations[operation];
  if (urlField === undefined) return [];
  return [...(emulation?.bytesOnly?.(operation, model, quirks) ?? [])].flatMap((kind): Note[] => {
    const field = urlField(kind);
    return field === undefined ? [] : [[field, FETCHED]];
  });
}

/** Formats whose emulation is reported. */
const formats = [
  ["response_format.json_object", { case: "jsonObject", value: {} }],
  [
    "response_format.json_schema",
    { case: "jsonSchema", value: { schemaJson: '{"type":"object"}' } },
  ],
] as const;

const AS_JSON =
  "requested by a tool or in the prompt; words beside the JSON are left out, and an answer of words fails";
const SEVERAL = "above 1 the gateway sends n requests in parallel, at most 16";
const NAMED = [
  "tools[].function.name",
  "tools[].custom.name",
  "tool_choice.name",
  "tool_choice.allowed.names",
  "messages[].parts[].tool_call.name",
];
const RENAMED = "sent under a name that the vendor takes; calls come back under the caller's own";
const AS_FUNCTION =
  "sent as a function whose only argument is the text, and called back as a custom tool";
const SEARCHED = "a search for tools that the caller runs is sent as a function, and called back";
const FLAT = "sent as namespace__name, and called back by namespace and name";
const SPLIT = "more than the vendor takes in one call are sent in several calls";
const FETCHED = "the gateway fetches the file where media_fetch allows, and sends its bytes";
