import type { Part, Reasoning } from "../../../../gen/parlance/chat/v1/part_pb.js";
import { ErrorReason } from "../../../../gen/parlance/error/v1/error_reason_pb.js";
import { appendAll } from "../../../core/append-all.ts";
import {
  dropped,
  type EncodeReport,
  emulated,
  mapped,
  refuse,
} from "../../../core/fidelity/encode-report.ts";
import type { Writable } from "../../../json/write.ts";
import { withPartExtras } from "../../shared/add-extras.ts";
import { textPart } from "../client/content.ts";
import { encodeToolCall } from "../client/response-message.ts";
import { takesInMessages } from "../fit/options.ts";
import { encodeDetails, isPlain, wordsOf } from "../reasoning.ts";
import type { Draft } from "../wire.ts";
import { encodePart } from "./content.ts";
import { type MessageList, move, simplest, toolIdOf } from "./message-list.ts";

/** Writes an earlier answer into a message. Pictures of the model follow in a user message. */
export function encodeAssistant(
  list: MessageList,
  draft: Draft,
  parts: readonly Part[],
  path: string,
): void {
  const said: Part[] = [];
  const pieces: Writable[] = [];
  const calls: Writable[] = [];
  const reasonings: [reasoning: Reasoning, path: string][] = [];
  let refusal = "";
  for (let at = 0; at < parts.length; at += 1) {
    const part = parts[at];
    if (part === undefined) continue;
    const place = `${path}.parts[${at}]`;
    const { content } = part;
    switch (content.case) {
      case "reasoning":
        reasonings.push([content.value, `${place}.reasoning`]);
        withPartExtras([], part, place, list.report);
        break;
      case "toolCall":
        appendAll(
          calls,
          withPartExtras(
            [encodeCall(list, content.value, `${place}.tool_call`)],
            part,
            place,
            list.report,
          ),
        );
        break;
      case "refusal":
        withPartExtras([], part, place, list.report);
        if (takesInMessages("refusal", "assistant", list.quirks)) refusal += content.value.text;
        else {
          emulated(list.report, `${place}.refusal`);
          said.push(textPart(content.value.text));
          pieces.push({ type: "text", text: content.value.text });
        }
        break;
      case "audio":
        encodeAudio(list.report, draft, content.value, `${place}.audio`);
        withPartExtras([], part, place, list.report);
        break;
      case "image":
        move(list, part, place);
        break;
      default:
        said.push(part);
        appendAll(pieces, encodePart(part, place, list.report));
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

function encodeCall(
  list: MessageList,
  call: Parameters<typeof encodeToolCall>[0],
  place: string,
): Draft {
  const signed = call.signature !== "" && list.quirks.thoughtSignatures === true;
  if (call.signature !== "" && !signed) dropped(list.report, `${place}.signature`);
  const id = toolIdOf(list, call.id, `${place}.id`);
  const draft = encodeToolCall(id === call.id ? call : { ...call, id }, id);
  return signed ? draft : { ...draft, extra_content: undefined };
}

/** Only a spoken answer's id can be sent back. */
function encodeAudio(
  report: EncodeReport,
  draft: Draft,
  audio: (Part["content"] & { case: "audio" })["value"],
  place: string,
): void {
  const id = audio.source.case === "id" ? audio.source.value : audio.answerId;
  if (id === "") {
    refuse(
      report,
      ErrorReason.UNSUPPORTED,
      place,
      "the vendor takes sound of the model only by the id of the answer",
    );
  }
  if (audio.source.case !== "id" || audio.format !== "" || audio.transcript !== "")
    mapped(report, place);
  if (audio.expiresAtUnixS !== undefined) mapped(report, `${place}.expires_at_unix_s`);
  draft.audio = { id };
}

/**
 * Words go into the vendor's field; signed and structured reasoning only where the vendor takes it
 * back.
 */
function encodeReasonings(
  list: MessageList,
  draft: Draft,
  reasonings: readonly (readonly [Reasoning, string])[],
): void {
  if (reasonings.length === 0) return;
  const { report, quirks } = list;
  const field = quirks.reasoningField ?? "reasoning_content";
  const structured =
    quirks.reasoningDetails === true &&
    !(reasonings.length === 1 && reasonings.every(([part]) => isPlain(part)));
  if (structured)
    draft.reasoning_details = reasonings.flatMap(([part], at) => encodeDetails(part, at));
  const words = reasonings.map(([part]) => wordsOf(part)).join("");
  if (field !== "none" && words !== "") draft[field] = words;
  if (structured) return;
  for (const [part, place] of reasonings) {
    if (field === "none" || wordsOf(part) === "") dropped(report, place);
    else reportUnsaid(part, place, report);
  }
}

/** Words are sent; what stands beside them has no place. */
function reportUnsaid(
  { text, signature, encrypted, summaries, id }: Reasoning,
  path: string,
  report: EncodeReport,
): void {
  if (signature !== "") dropped(report, `${path}.signature`);
  if (encrypted !== "") dropped(report, `${path}.encrypted`);
  if (id !== "") dropped(report, `${path}.id`);
  if (summaries.length === 0) return;
  if (text === "") mapped(report, `${path}.summaries`);
  else dropped(report, `${path}.summaries`);
}
