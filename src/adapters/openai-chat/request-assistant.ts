import type { Part, Reasoning } from "../../../gen/parlance/chat/v1/part_pb.js";
import type { Writable } from "../../core/json-write.ts";
import { encodePart } from "./content-part.ts";
import { encodeToolCall } from "./facade-message.ts";
import { type MessageList, move, simplest, toolIdOf } from "./message-list.ts";
import { encodeDetails, isPlain, wordsOf } from "./reasoning.ts";
import { type Draft, drop, type Report, refuse } from "./wire.ts";

/** Writes an earlier answer into a message. Pictures of the model follow in a user message. */
export function encodeAssistant(list: MessageList, draft: Draft, parts: readonly Part[], path: string): void {
  const said: Part[] = [];
  const pieces: Writable[] = [];
  const calls: Draft[] = [];
  const reasonings: [reasoning: Reasoning, path: string][] = [];
  let refusal = "";
  for (let at = 0; at < parts.length; at += 1) {
    const part = parts[at];
    if (part === undefined) continue;
    const place = `${path}.parts[${at}]`;
    const { content } = part;
    switch (content.case) {
      case "reasoning":
        noteCache(list.report, part, place);
        reasonings.push([content.value, place]);
        break;
      case "toolCall":
        noteCache(list.report, part, place);
        calls.push(encodeCall(list, content.value, place));
        break;
      case "refusal":
        noteCache(list.report, part, place);
        refusal += content.value.text;
        break;
      case "audio":
        noteCache(list.report, part, place);
        encodeAudio(list.report, draft, content.value, place);
        break;
      case "image":
        move(list, part, place);
        break;
      default:
        said.push(part);
        pieces.push(...encodePart(part, place, list.report));
    }
  }
  draft.content =
    pieces.length === 0 && (calls.length > 0 || refusal !== "" || draft.audio !== undefined)
      ? null
      : simplest(pieces, said);
  if (refusal !== "") draft.refusal = refusal;
  encodeReasonings(list, draft, reasonings);
  if (calls.length > 0) draft.tool_calls = calls;
}

function noteCache(report: Report, part: Part, place: string): void {
  if (part.cache !== undefined) drop(report, `${place}.cache`, "the vendor caches by itself");
}

function encodeCall(list: MessageList, call: Parameters<typeof encodeToolCall>[0], place: string): Draft {
  const signed = call.signature !== "" && list.quirks.thoughtSignatures === true;
  if (call.signature !== "" && !signed) drop(list.report, `${place}.signature`, "the vendor takes no signatures back");
  const id = toolIdOf(list, call.id, `${place}.id`);
  const draft = encodeToolCall(id === call.id ? call : { ...call, id }, id);
  return signed ? draft : { ...draft, extra_content: undefined };
}

/** Only a spoken answer's id can be sent back. */
function encodeAudio(
  report: Report,
  draft: Draft,
  audio: (Part["content"] & { case: "audio" })["value"],
  place: string,
): void {
  const id = audio.source.case === "id" ? audio.source.value : audio.answerId;
  if (id === "") refuse(report, place, "sound of the model without the answer's id");
  draft.audio = { id };
}

/** Words go into the vendor's field; signed and structured reasoning only where the vendor takes it back. */
function encodeReasonings(
  list: MessageList,
  draft: Draft,
  reasonings: readonly (readonly [Reasoning, string])[],
): void {
  if (reasonings.length === 0) return;
  const { report, quirks } = list;
  const field = quirks.reasoningField ?? "reasoning_content";
  const structured =
    quirks.reasoningDetails === true && !(reasonings.length === 1 && reasonings.every(([part]) => isPlain(part)));
  if (structured) draft.reasoning_details = reasonings.flatMap(([part], at) => encodeDetails(part, at));
  const words = reasonings.map(([part]) => wordsOf(part)).join("");
  if (field !== "none" && words !== "") draft[field] = words;
  if (structured) return;
  for (const [part, place] of reasonings) {
    if (field === "none") drop(report, place, "the vendor takes no reasoning back");
    else if (!isPlain(part)) drop(report, `${place}.signature`, "the vendor takes only the words of reasoning back");
  }
}
