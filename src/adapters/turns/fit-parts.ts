import type { Part } from "../../../gen/parlance/chat/v1/part_pb.js";
import { type Draft, isSilent, type PlacedPart, setParts, textPart } from "./draft.ts";
import { fitMediaTypes } from "./media-types.ts";
import { type Notes, pathOf } from "./notes.ts";
import type { TurnRules } from "./turn-rules.ts";

/** The parts of a message as the vendor wants them: their order, their words, their media types. */
export function fitParts(draft: Draft, rules: TurnRules, notes: Notes): void {
  if (draft.kind === "answer" && rules.textBeforeCalls) putTextFirst(draft, notes);
  const parts = draft.parts.map((placed) => fitPart(placed, draft, rules, notes));
  if (parts.some((placed, at) => placed !== draft.parts[at])) setParts(draft, parts);
}

/** White space at the end of an answer that the model is to go on with is taken away. */
export function trimPrefill(draft: Draft | undefined, rules: TurnRules, notes: Notes): void {
  if (draft?.kind !== "answer" || rules.prefill !== "trimmed") return;
  const at = draft.parts.findLastIndex(({ part }) => rules.sends(part, true) === "alone");
  const placed = draft.parts[at];
  if (placed?.part.content.case !== "text") return;
  const { content } = placed.part;
  const text = content.value.text.trimEnd();
  if (text === content.value.text) return;
  notes.mapped(
    `${pathOf(placed)}.text`,
    "white space at the end of an answer to be gone on with is left out, as the vendor demands",
  );
  const value = { ...content.value, text };
  setParts(
    draft,
    draft.parts.with(at, { ...placed, part: { ...placed.part, content: { ...content, value } } }),
  );
}

/** Puts an answer's text before its calls; reasoning and vendors' own parts keep their place. */
function putTextFirst(draft: Draft, notes: Notes): void {
  const first = draft.parts.findIndex(({ part }) => part.content.case === "toolCall");
  if (first === -1) return;
  const behind = draft.parts.slice(first);
  const moved = behind.filter(({ part }) => isSaid(part));
  if (moved.length === 0) return;
  for (const placed of moved) notes.mapped(pathOf(placed), "moved before the calls of its message");
  setParts(draft, [
    ...draft.parts.slice(0, first),
    ...moved,
    ...behind.filter(({ part }) => !isSaid(part)),
  ]);
}

function isSaid({ content }: Part): boolean {
  switch (content.case) {
    case "text":
    case "refusal":
    case "image":
    case "audio":
    case "video":
    case "document":
      return true;
    default:
      return false;
  }
}

function fitPart(placed: PlacedPart, draft: Draft, rules: TurnRules, notes: Notes): PlacedPart {
  const filled = draft.kind === "answer" ? placed.part : fillResult(placed, rules, notes);
  const part = fitMediaTypes(filled, pathOf(placed), notes);
  return part === placed.part ? placed : { ...placed, part };
}

function fillResult(placed: PlacedPart, rules: TurnRules, notes: Notes): Part {
  const { part } = placed;
  const { content } = part;
  if (content.case !== "toolResult" || rules.wordsInResults === "none") return part;
  const result = content.value;
  if (rules.wordsInResults === "failures" && result.isError !== true) return part;
  if (result.content.some((inner) => rules.sends(inner, false) === "alone")) return part;
  notes.emulated(
    `${pathOf(placed)}.tool_result.content`,
    "a placeholder stands for its empty content",
  );
  const words = result.isError === true ? "error" : "(empty)";
  const said = result.content.filter((inner) => !isSilent(inner));
  const value = { ...result, content: [...said, textPart(words)] };
  return { ...part, content: { ...content, value } };
}
