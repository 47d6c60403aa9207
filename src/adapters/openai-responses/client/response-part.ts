import type { Event } from "../../../../gen/parlance/chat/v1/event_pb.js";
import type { Part, Reasoning } from "../../../../gen/parlance/chat/v1/part_pb.js";
import { citationAdd, partEnd, textDelta, toolCallDelta } from "../../../events/make-events.ts";
import { reasoningDelta, refusalDelta, toolCallStart } from "../vendor/stream-events.ts";

/**
 * The deltas that a part which came whole stands for, its end included; undefined where this
 * dialect sends such a part in one step, or not at all. Of sound only the transcript is sent.
 */
export function deltasOf({ content }: Part, part: number): Event[] | undefined {
  switch (content.case) {
    case "text": {
      const { text, citations } = content.value;
      return [textDelta(part, text), ...citations.map((citation) => citationAdd(part, citation))];
    }
    case "refusal":
      return [refusalDelta(part, content.value.text)];
    case "audio":
      return [textDelta(part, content.value.transcript)];
    case "reasoning":
      return [...reasoningDeltas(content.value, part), partEnd(part)];
    case "toolCall": {
      const { id, name, input, signature, namespace } = content.value;
      const custom = input.case === "text";
      const start = toolCallStart(part, {
        id,
        name,
        custom,
        signature,
        ...(namespace === undefined ? undefined : { namespace }),
      });
      return [start, toolCallDelta(part, input.value ?? ""), partEnd(part)];
    }
    case "image":
    case "video":
    case "document":
    case "toolResult":
    case "opaque":
    case undefined:
      return undefined;
  }
}

function reasoningDeltas(reasoning: Reasoning, part: number): Event[] {
  const { text, signature, encrypted, id, dialect, summaries } = reasoning;
  return [
    reasoningDelta(part, { text, signature, encrypted, id }, dialect),
    ...summaries.map((summary, summaryIndex) => reasoningDelta(part, { summary, summaryIndex })),
  ];
}
