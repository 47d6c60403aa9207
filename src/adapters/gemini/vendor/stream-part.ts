import type { Event } from "../../../../gen/parlance/chat/v1/event_pb.js";
import type { Audio, Part } from "../../../../gen/parlance/chat/v1/part_pb.js";
import { isObject, type Json, type JsonObject, objectAt, stringAt } from "../../../json/json.ts";
import { memberSource, type Source, sourceText } from "../../../json/source-slice.ts";
import { decodeToolInput } from "../../shared/tool-input.ts";
import { decodeMedia } from "../media.ts";
import { generateId, printToolId } from "../tool-id.ts";
import { DIALECT } from "../wire.ts";
import {
  audioDelta,
  partEnd,
  partWhole,
  reasoningDelta,
  textDelta,
  toolCallDelta,
  toolCallStart,
} from "./stream-events.ts";
import type { ChoiceState, OpenPart } from "./stream-state.ts";
import { joinPartialArgs, readPartialArgs } from "./stream-state.ts";

/**
 * A candidate while one frame is read: its state, which is the stream's own, and the events so far.
 */
export interface Draft {
  readonly state: ChoiceState;
  readonly events: Event[];
  readonly responseId: string;
}

/**
 * One part of a candidate. Text and thoughts go on with the part before of their kind. The proof of
 * a part (`thoughtSignature`) rides on a tool call or a thought; that of any other part becomes a
 * reasoning part without words right after it, where encodeRequest finds it again. Parts that the
 * contract does not model are kept byte for byte.
 */
export function addPart(draft: Draft, json: Json, source: Source): void {
  if (!isObject(json)) {
    addOpaque(draft, json, source);
    return;
  }
  const signature = stringAt(json, "thoughtSignature") ?? stringAt(json, "thought_signature") ?? "";
  const call = objectAt(json, "functionCall");
  const text = stringAt(json, "text");
  const media = call === undefined && text === undefined ? decodeMedia(json) : undefined;
  if (call !== undefined) addCall(draft, call, signature, memberSource(source, "functionCall"));
  else if (text !== undefined && json.thought === true) addThought(draft, text, signature);
  else if (text !== undefined) addText(draft, text, signature);
  else if (media !== undefined) addMedia(draft, media, signature);
  else if (!Object.keys(json).every((key) => signatureMembers.has(key)))
    addOpaque(draft, json, source);
  else if (signature !== "") addSignature(draft, signature);
}

const signatureMembers: ReadonlySet<string> = new Set([
  "thoughtSignature",
  "thought_signature",
  "thought",
]);

/** Ends a tool call whose arguments came in pieces. */
function closeCall(draft: Draft): void {
  const { call, index } = draft.state;
  if (call === undefined) return;
  draft.state.call = undefined;
  draft.events.push(
    toolCallDelta(index, call.part, joinPartialArgs(call.pieces)),
    partEnd(index, call.part),
  );
}

function addText(draft: Draft, text: string, signature: string): void {
  if (text !== "") {
    const { part } = openPart(draft, "text");
    draft.events.push(textDelta(draft.state.index, part, text));
    appendText(draft.state.texts, part, text);
  }
  if (signature !== "") addSignature(draft, signature);
}

function appendText(texts: ChoiceState["texts"], part: number, text: string): void {
  const last = texts.at(-1);
  if (last?.part === part) last.text += text;
  else texts.push({ part, text });
}

function addThought(draft: Draft, text: string, signature: string): void {
  if (text === "" && signature === "") return;
  const { part } = openPart(draft, "thought");
  draft.events.push(reasoningDelta(draft.state.index, part, text, signature));
  if (signature !== "") close(draft);
}

function addSignature(draft: Draft, signature: string): void {
  close(draft);
  draft.events.push(reasoningDelta(draft.state.index, nextPart(draft), "", signature));
}

function addMedia(draft: Draft, content: Part["content"], signature: string): void {
  if (content.case === "audio" && content.value.source.case === "data")
    addSound(draft, content.value, content.value.source.value);
  else {
    close(draft);
    draft.events.push(partWhole(draft.state.index, nextPart(draft), content));
  }
  if (signature !== "") addSignature(draft, signature);
}

/** Sound of one format that comes in pieces is one part. */
function addSound(draft: Draft, audio: Audio, data: Uint8Array): void {
  const { index, open } = draft.state;
  const { format } = audio;
  if (open?.kind === "audio" && open.format === format) {
    draft.events.push(audioDelta(index, open.part, data));
    return;
  }
  const { part } = openPart(draft, "audio", format);
  draft.events.push(partWhole(index, part, { case: "audio", value: audio }));
}

function addOpaque(draft: Draft, json: Json, source: Source): void {
  close(draft);
  const value = {
    $typeName: "parlance.chat.v1.Opaque",
    dialect: DIALECT,
    json: sourceText(source, json),
  } as const;
  draft.events.push(partWhole(draft.state.index, nextPart(draft), { case: "opaque", value }));
}

/**
 * A call that goes on (`willContinue`) has its name in the first piece only; a piece without more
 * to come, or without anything, ends it.
 */
function addCall(draft: Draft, json: JsonObject, signature: string, source: Source): void {
  const name = stringAt(json, "name") ?? "";
  const pieces = readPartialArgs(json);
  const { call } = draft.state;
  const continues = json.willContinue === true;
  if (call !== undefined && name === "" && json.args === undefined) {
    for (const piece of pieces) call.pieces.push(piece);
    if (!continues) closeCall(draft);
    return;
  }
  if (Object.keys(json).length === 0) return;
  const { index, calls } = draft.state;
  close(draft);
  const part = nextPart(draft);
  const id = printToolId(
    stringAt(json, "id") ?? "",
    generateId(draft.responseId, index, calls, name),
    signature,
  );
  draft.events.push(toolCallStart(index, part, id, name, signature));
  draft.state.calls += 1;
  if (continues || pieces.length > 0) {
    draft.state.call = { part, pieces: [...pieces] };
    if (!continues) closeCall(draft);
    return;
  }
  const { args } = json;
  const input = decodeToolInput(args, () => sourceText(memberSource(source, "args"), args));
  draft.events.push(toolCallDelta(index, part, input), partEnd(index, part));
}

function openPart(draft: Draft, kind: OpenPart["kind"], format = ""): OpenPart {
  if (draft.state.open?.kind === kind && kind !== "audio") return draft.state.open;
  close(draft);
  const open = { kind, part: nextPart(draft), format };
  draft.state.open = open;
  return open;
}

function nextPart(draft: Draft): number {
  const part = draft.state.parts;
  draft.state.parts += 1;
  return part;
}

function close(draft: Draft): void {
  closeCall(draft);
  const { open, index } = draft.state;
  if (open === undefined) return;
  draft.state.open = undefined;
  draft.events.push(partEnd(index, open.part));
}

/** Ends what is open, at the end of the answer. */
export function closeAll(draft: Draft): void {
  close(draft);
}
