import type { Part } from "../../../../gen/parlance/chat/v1/part_pb.js";
import { appendAll } from "../../../core/append-all.ts";
import { type EncodeReport, emulated, mapped } from "../../../core/fidelity/encode-report.ts";
import type { Writable } from "../../../json/write.ts";
import { type ChatQuirks, type Draft, NAME } from "../wire.ts";
import { encodePart } from "./content.ts";
import type { ToolIds } from "./tool-id.ts";

/** Messages under construction. */
export interface MessageList {
  readonly messages: Draft[];
  /** Parts that can only be sent in a user message, once the tool messages in a row are over. */
  moved: Writable[];
  readonly quirks: ChatQuirks;
  readonly report: EncodeReport;
  /** The ids of tool calls as the vendor takes them. */
  readonly ids: ToolIds;
}

/**
 * The id of a tool call or of its result as the vendor takes it; one that is rewritten is reported.
 */
export function toolIdOf(list: MessageList, id: string, field: string): string {
  const fit = list.ids(id);
  if (fit !== id) mapped(list.report, field);
  return fit;
}

/** Keeps a part for the next user message. */
export function move(list: MessageList, part: Part, path: string): void {
  const pieces = encodePart(part, path, list.report);
  if (pieces.length === 0) return;
  emulated(list.report, path, "sent in a user message, for only that can hold it");
  appendAll(list.moved, pieces);
}

/** A lone text is a string, which every vendor takes; anything else is a list. */
export function simplest(pieces: readonly Writable[], parts: readonly Part[]): Writable {
  if (pieces.length === 0) return "";
  const only = parts.length === 1 ? parts[0] : undefined;
  if (only?.content.case !== "text" || pieces.length !== 1) return pieces;
  return only.extras?.dialect === NAME ? pieces : only.content.value.text;
}
