import type { Message } from "../../../../gen/parlance/chat/v1/message_pb.js";
import { Role } from "../../../../gen/parlance/chat/v1/message_pb.js";
import type { Part, Reasoning } from "../../../../gen/parlance/chat/v1/part_pb.js";
import { appendAll } from "../../../core/append-all.ts";
import { isObject, type Json, stringAt } from "../../../json/json.ts";
import { memberSource, sourceText } from "../../../json/source-slice.ts";
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
  string,
} from "../../shared/request-cursor.ts";
import { decodeToolInput } from "../../shared/tool-input.ts";
import { decodeMedia } from "../media.ts";
import { type SealKind, sealOf, unsealSignature, withWords } from "../sealed-reasoning.ts";
import { generateId, printToolId } from "../tool-id.ts";
import { DIALECT } from "../wire.ts";

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
  for (const element of list(turn, "parts")) {
    const decoded = decodePart(element, calls);
    if (role !== Role.ASSISTANT) appendAll(joined, decoded);
    else for (const next of decoded) joinPiece(joined, next, sealOf(element.json));
  }
  return message(role, joined);
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
  const whole = joinTwo(parts.at(-1)?.content, next.content, seal);
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

function decodeCall({ json, source }: Cursor, signature: string, calls: OpenCalls): Part {
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
