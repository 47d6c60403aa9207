import type { Event } from "../../../../gen/parlance/chat/v1/event_pb.js";
import type { Part } from "../../../../gen/parlance/chat/v1/part_pb.js";
import { citationAdd, event, textDelta, toolCallDelta } from "../../../events/make-events.ts";

/**
 * The events that a whole text or call of a tool stands for, with its citations and its proof:
 * clients read them in deltas alone. Empty: it is another part.
 */
export function deltasOfWhole({ content }: Part, part: number): readonly Event[] {
  if (content.case === "text") {
    const { text, citations } = content.value;
    return [textDelta(part, text), ...citations.map((citation) => citationAdd(part, citation))];
  }
  if (content.case !== "toolCall") return [];
  const { id, name, input, signature } = content.value;
  const custom = input.case === "text";
  const value = {
    $typeName: "parlance.chat.v1.ToolCallStart",
    choice: 0,
    part,
    id,
    name,
    custom,
    signature,
  } as const;
  return [event({ case: "toolCallStart", value }), toolCallDelta(part, input.value ?? "")];
}
