import type { Chat } from "../../../gen/parlance/chat/v1/chat_pb.js";
import type { Part } from "../../../gen/parlance/chat/v1/part_pb.js";

/** Whether a chat marks anything for the vendor's prompt cache. */
export function holdsCacheMark({ cache, messages, tools }: Chat): boolean {
  if (cache !== undefined || tools.some((tool) => tool.cache !== undefined)) return true;
  return messages.some(({ parts }) => parts.some(isMarked));
}

/** Whether a part, or one inside it, is marked for the cache. */
export function isMarked({ cache, content }: Part): boolean {
  return cache !== undefined || innerPartsOf(content).some(isMarked);
}

/** The parts that a result or a document is made of. */
export function innerPartsOf(content: Part["content"]): readonly Part[] {
  if (content.case === "toolResult") return content.value.content;
  if (content.case !== "document" || content.value.source.case !== "content") return [];
  return content.value.source.value.parts;
}
