import { Role } from "../../../gen/parlance/chat/v1/message_pb.js";
import type { ToolCall, ToolResult } from "../../../gen/parlance/chat/v1/part_pb.js";
import { type Draft, type PlacedPart, textPart } from "./draft.ts";
import { type Notes, pathOf } from "./notes.ts";

const NO_RESULT = "No result was given for this call.";

/**
 * Results for the calls of an answer that have none, for vendors refuse such an answer unless it
 * stands last. `results`: those that it has. Undefined: none is missing.
 */
export function missingResults(
  answer: Draft,
  results: readonly Draft[],
  notes: Notes,
): Draft | undefined {
  const calls = answer.parts.flatMap((placed) => callOf(placed));
  if (calls.length === 0) return undefined;
  const ids = results.flatMap(({ parts }) => parts.flatMap(({ part }) => resultId(part.content)));
  const answered = new Set(ids.filter((id) => id !== ""));
  let unnamed = ids.length - ids.filter((id) => id !== "").length;
  const open = calls.filter(({ call: { id } }) => {
    if (id !== "") return !answered.has(id);
    unnamed -= 1;
    return unnamed < 0;
  });
  if (open.length === 0) return undefined;
  for (const { placed } of open)
    notes.emulated(pathOf(placed), "a placeholder stands for the result that it has not");
  const parts = open.map(({ call }): PlacedPart => {
    const value: ToolResult = {
      $typeName: "parlance.chat.v1.ToolResult",
      toolCallId: call.id,
      name: call.name,
      content: [textPart(NO_RESULT)],
    };
    const part = {
      $typeName: "parlance.chat.v1.Part",
      content: { case: "toolResult", value },
    } as const;
    return { part, message: answer.message };
  });
  return {
    kind: "results",
    role: Role.TOOL,
    parts,
    name: "",
    extras: [],
    message: answer.message,
    whole: undefined,
  };
}

function callOf(
  placed: PlacedPart,
): readonly { readonly placed: PlacedPart; readonly call: ToolCall }[] {
  const { content } = placed.part;
  return content.case === "toolCall" ? [{ placed, call: content.value }] : [];
}

function resultId(content: PlacedPart["part"]["content"]): readonly string[] {
  return content.case === "toolResult" ? [content.value.toolCallId] : [];
}

/** Results of calls that are not in the conversation, as words of the user that name the tool. */
export function resultsAsWords(results: Draft, notes: Notes): Draft {
  const parts = results.parts.flatMap((placed): readonly PlacedPart[] => {
    const { content } = placed.part;
    if (content.case !== "toolResult") return [placed];
    const { name, toolCallId, isError } = content.value;
    notes.emulated(pathOf(placed), "sent as words of the user, for no call before it is its own");
    const what = isError === true ? "Failure" : "Result";
    const tool = name || toolCallId || "that was called before";
    const added = content.value.content.map((part) => ({ ...placed, part }));
    return [{ ...placed, part: textPart(`${what} of the tool ${tool}:`) }, ...added];
  });
  return { ...results, kind: "user", role: Role.USER, parts, whole: undefined };
}
