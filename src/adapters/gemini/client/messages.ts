import type { Message } from "../../../../gen/parlance/chat/v1/message_pb.js";
import { Role } from "../../../../gen/parlance/chat/v1/message_pb.js";
import type { Part, Reasoning } from "../../../../gen/parlance/chat/v1/part_pb.js";
import { appendAll } from "../../../core/append-all.ts";
import { isObject, type Json, stringAt } from "../../../json/json.ts";
import { isPresent } from "../../../json/members.ts";
import { memberSource, sourceText } from "../../../json/source-slice.ts";
import {
  demand,
  noteMark,
  noteUnknown,
  takeExtras,
  takeOpaque,
} from "../../shared/notes/unknown-members.ts";
import { createOpenCalls, type OpenCalls } from "../../shared/open-calls.ts";
import {
  asObject,
  at,
  type Cursor,
  list,
  object,
  objects,
  problem,
  requiredList,
  spellings,
  string,
} from "../../shared/request-cursor.ts";
import { decodeToolInput } from "../../shared/tool-input.ts";
import { decodeMedia } from "../media.ts";
import { type SealKind, sealOf, unsealSignature, withWords } from "../sealed-reasoning.ts";
import { generateId, printToolId } from "../tool-id.ts";
import { DIALECT } from "../wire.ts";

const TURN_MEMBERS = new Set(["role", "parts"]);
const CALL_MEMBERS = new Set(["id", "name", "args"]);
const RESULT_MEMBERS = new Set(["id", "name", "response", "parts"]);
const PART_MEMBERS = spellings("thoughtSignature", "thought", "text");
const CALL_PART_MEMBERS = spellings("thoughtSignature", "functionCall");
const RESULT_PART_MEMBERS = spellings("functionResponse");
const INLINE_PART_MEMBERS = spellings("thoughtSignature", "inlineData");
const FILE_PART_MEMBERS = spellings("thoughtSignature", "fileData");
const INLINE_MEMBERS = new Set([...spellings("mimeType"), "data", "displayName"]);
const FILE_MEMBERS = new Set([...spellings("mimeType", "fileUri"), "displayName"]);

/** Addresses that only the vendor can read: of its own files, and of its cloud's storage. */
const KEPT = /^(?:files\/|gs:\/\/|https:\/\/generativelanguage\.googleapis\.com\/)/;
const keptFile = {
  message: "another vendor keeps this file: send its bytes as inlineData",
  dialects: [DIALECT],
};

/**
 * `systemInstruction` and `contents` as messages. Calls and results without ids are paired by name
 * and order.
 */
export function decodeMessages(cursor: Cursor): Message[] {
  const calls = createOpenCalls();
  const system = decodeSystem(cursor, calls);
  const turns = objects(requiredList(cursor, "contents"));
  return [...system, ...turns.map((turn) => decodeTurn(turn, roleOf(turn), calls))];
}

function decodeSystem(cursor: Cursor, calls: OpenCalls): Message[] {
  const system = at(cursor, "systemInstruction");
  if (system === undefined) return [];
  if (typeof system.json === "string") return [message(Role.SYSTEM, [textPart(system.json)])];
  const turn = asObject(system);
  return turn === undefined ? [] : [decodeTurn(turn, Role.SYSTEM, calls)];
}

/**
 * One part as the contract's parts: two where the part is text or media and bears a proof. Another
 * vendor's reasoning that was sealed for the client comes back as what it was.
 */
function decodePart(element: Cursor<Json>, calls: OpenCalls): Part[] {
  const cursor = asObject(element);
  if (cursor === undefined) return [];
  const since = noteMark(cursor);
  const parts = decodeBare(cursor, calls);
  const [first] = parts;
  if (first === undefined || first.content.case === "opaque") return parts;
  noteMembers(cursor);
  const extras = takeOpaque(cursor, DIALECT, since);
  if (extras !== undefined) first.extras = extras;
  return parts;
}

/** Notes what a part says that has no field. */
function noteMembers(cursor: Cursor): void {
  const { json } = cursor;
  // Both spellings, for parts are many.
  const call = json.functionCall ?? json.function_call;
  const result = json.functionResponse ?? json.function_response;
  if (isPresent(call)) noteUnknown(cursor, CALL_PART_MEMBERS);
  else if (isPresent(result)) noteUnknown(cursor, RESULT_PART_MEMBERS);
  else if (typeof json.text === "string") noteUnknown(cursor, PART_MEMBERS);
  else noteMedia(cursor);
}

function noteMedia(cursor: Cursor): void {
  const inline = object(cursor, "inlineData");
  noteUnknown(cursor, inline === undefined ? FILE_PART_MEMBERS : INLINE_PART_MEMBERS);
  if (inline !== undefined) {
    noteUnknown(inline, INLINE_MEMBERS);
    return;
  }
  const file = object(cursor, "fileData");
  if (file === undefined) return;
  noteUnknown(file, FILE_MEMBERS);
  if (KEPT.test(string(file, "fileUri") ?? "")) demand(file, "fileUri", keptFile);
}

function decodeBare(cursor: Cursor, calls: OpenCalls): Part[] {
  const { json, source } = cursor;
  const signature = string(cursor, "thoughtSignature") ?? "";
  const call = object(cursor, "functionCall");
  if (call !== undefined) return [decodeCall(call, signature, calls)];
  const result = object(cursor, "functionResponse");
  if (result !== undefined) return [decodeResult(result, calls)];
  const text = string(cursor, "text");
  const sealed = unsealSignature(signature);
  if (sealed !== undefined) return decodeSealed(sealed, text ?? "", json.thought === true);
  if (text !== undefined && json.thought === true) return [reasoningPart(text, signature)];
  const proof = signature === "" ? [] : [reasoningPart("", signature)];
  if (text !== undefined)
    return text === "" && signature !== "" ? proof : [textPart(text), ...proof];
  const media = decodeMedia(json);
  if (media !== undefined) return [part(media), ...proof];
  return [
    part({
      case: "opaque",
      value: {
        $typeName: "parlance.chat.v1.Opaque",
        dialect: DIALECT,
        json: sourceText(source, json),
      },
    }),
  ];
}

function decodeTurn(turn: Cursor, role: Role, calls: OpenCalls): Message {
  const joined: Part[] = [];
  const since = noteMark(turn);
  for (const element of list(turn, "parts")) {
    const decoded = decodePart(element, calls);
    if (role !== Role.ASSISTANT) appendAll(joined, decoded);
    else for (const next of decoded) joinPiece(joined, next, sealOf(element.json));
  }
  noteUnknown(turn, TURN_MEMBERS);
  return { ...message(role, joined), extrasJson: takeExtras(turn, DIALECT, since) };
}

/**
 * Clients may put a seal on other text than thoughts; the text then follows the sealed reasoning.
 */
function decodeSealed(sealed: Reasoning, text: string, thought: boolean): Part[] {
  const reasoning = part({ case: "reasoning", value: thought ? withWords(sealed, text) : sealed });
  return thought || text === "" ? [reasoning] : [reasoning, textPart(text)];
}

/**
 * What a model said comes back in the pieces in which it was streamed: words, and thoughts up to
 * their proof, are one part each. A seal that closes thoughts is their proof.
 */
function joinPiece(parts: Part[], next: Part, seal: SealKind): void {
  const last = parts.at(-1);
  const apart = (last?.extras ?? next.extras) !== undefined;
  const whole = apart ? undefined : joinTwo(last?.content, next.content, seal);
  if (whole === undefined) parts.push(next);
  else parts[parts.length - 1] = part(whole);
}

function joinTwo(
  one: Part["content"] | undefined,
  next: Part["content"],
  seal: SealKind,
): Part["content"] | undefined {
  if (one?.case === "text" && next.case === "text") {
    return { case: "text", value: { ...one.value, text: one.value.text + next.value.text } };
  }
  if (one?.case !== "reasoning" || next.case !== "reasoning" || isProven(one.value))
    return undefined;
  if (seal === "closing")
    return { case: "reasoning", value: withWords(next.value, one.value.text) };
  if (seal === "own" || next.value.text === "") return undefined;
  return { case: "reasoning", value: { ...next.value, text: one.value.text + next.value.text } };
}

function isProven({ signature, encrypted, id }: Reasoning): boolean {
  return signature + encrypted + id !== "";
}

function roleOf(turn: Cursor): Role {
  switch (stringAt(turn.json, "role") ?? "user") {
    case "user":
    case "function":
    case "tool":
      return Role.USER;
    case "model":
      return Role.ASSISTANT;
    case "system":
      return Role.SYSTEM;
    default:
      problem(turn, "role", "must be one of user, model");
      return Role.USER;
  }
}

function decodeCall(call: Cursor, signature: string, calls: OpenCalls): Part {
  const { json, source } = call;
  noteUnknown(call, CALL_MEMBERS);
  const name = stringAt(json, "name") ?? "";
  const sentId = stringAt(json, "id") ?? "";
  const id =
    sentId === "" ? printToolId("", generateId("request", calls.count(), name), signature) : sentId;
  calls.open({ id, name });
  const { args } = json;
  const value = decodeToolInput(args, () => sourceText(memberSource(source, "args"), args));
  return part({
    case: "toolCall",
    value: {
      $typeName: "parlance.chat.v1.ToolCall",
      id,
      name,
      input: { case: "argumentsJson", value },
      signature,
    },
  });
}

function decodeResult(result: Cursor, calls: OpenCalls): Part {
  const { json, source } = result;
  noteUnknown(result, RESULT_MEMBERS);
  const name = stringAt(json, "name") ?? "";
  const sentId = stringAt(json, "id") ?? "";
  const wanted = sentId === "" ? {} : { id: sentId };
  const call = calls.answer({ ...wanted, name }) ?? calls.answer(wanted);
  const { response } = json;
  const only = isObject(response) && Object.keys(response).length === 1 ? response : {};
  const error = stringAt(only, "error");
  const text =
    error ??
    stringAt(only, "output") ??
    sourceText(memberSource(source, "response"), response ?? {});
  // Parts of a result are data of their own, which answer no call.
  const content = list(result, "parts").flatMap((element) =>
    decodePart(element, createOpenCalls()),
  );
  return part({
    case: "toolResult",
    value: {
      $typeName: "parlance.chat.v1.ToolResult",
      toolCallId: sentId === "" ? (call?.id ?? "") : sentId,
      content: [textPart(text), ...content],
      ...(error === undefined ? undefined : { isError: true }),
      name,
    },
  });
}

function reasoningPart(text: string, signature: string): Part {
  const dialect = signature === "" ? "" : DIALECT;
  const words = { text, signature, encrypted: "", summaries: [], id: "", dialect };
  return part({ case: "reasoning", value: { $typeName: "parlance.chat.v1.Reasoning", ...words } });
}

function textPart(text: string): Part {
  return part({ case: "text", value: { $typeName: "parlance.chat.v1.Text", text, citations: [] } });
}

function part(content: Part["content"]): Part {
  return { $typeName: "parlance.chat.v1.Part", content };
}

function message(role: Role, parts: Part[]): Message {
  return { $typeName: "parlance.chat.v1.Message", role, parts, name: "", text: "", extrasJson: {} };
}
