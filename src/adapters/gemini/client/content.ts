import type { Message } from "../../../../gen/parlance/chat/v1/message_pb.js";
import { Role } from "../../../../gen/parlance/chat/v1/message_pb.js";
import type { Part, Reasoning } from "../../../../gen/parlance/chat/v1/part_pb.js";
import { appendAll } from "../../../core/append-all.ts";
import { isObject, type Json, type JsonObject, stringAt } from "../../../json/json.ts";
import {
  elementSources,
  memberSource,
  type Source,
  sourceText,
} from "../../../json/source-slice.ts";
import { createOpenCalls, type OpenCalls } from "../../shared/open-calls.ts";
import { decodeToolInput } from "../../shared/tool-input.ts";
import { decodeMedia } from "../media.ts";
import { type SealKind, sealOf, unsealSignature, withWords } from "../sealed-reasoning.ts";
import { generateId, printToolId } from "../tool-id.ts";
import { DIALECT } from "../wire.ts";
import {
  memberOf,
  problem,
  type Reader,
  readList,
  readObject,
  readString,
} from "./request-cursor.ts";

/**
 * `systemInstruction` and `contents` as messages. Calls and results without ids are paired by name
 * and order.
 */
export function decodeContents(reader: Reader, json: JsonObject, source: Source): Message[] {
  const calls = createOpenCalls();
  const messages: Message[] = [];
  const system = memberOf(json, "systemInstruction");
  if (typeof system === "string") messages.push(message(Role.SYSTEM, [textPart(system)]));
  else if (system !== undefined) {
    const given = isObject(system)
      ? system
      : problem(reader, "systemInstruction", "must be an object or a string");
    const place = memberSource(source, "systemInstruction");
    if (given !== undefined)
      messages.push(decodeContent(reader, given, "systemInstruction", place, Role.SYSTEM, calls));
  }
  const contents = readList(reader, json, "contents", "contents");
  if (contents.length === 0) problem(reader, "contents", "is required and must not be empty");
  const sourceAt = elementSources(memberSource(source, "contents"));
  for (const [index, content] of contents.entries()) {
    const path = `contents[${index}]`;
    if (!isObject(content)) problem(reader, path, "must be an object");
    else
      messages.push(
        decodeContent(reader, content, path, sourceAt(index), roleOf(reader, content, path), calls),
      );
  }
  return messages;
}

/**
 * One part as the contract's parts: two where the part is text or media and bears a proof. Another
 * vendor's reasoning that was sealed for the client comes back as what it was.
 */
export function decodePart(
  reader: Reader,
  json: Json,
  path: string,
  source: Source,
  calls = createOpenCalls(),
): Part[] {
  if (!isObject(json)) {
    problem(reader, path, "must be an object");
    return [];
  }
  const signature = readString(reader, json, "thoughtSignature", `${path}.thoughtSignature`) ?? "";
  const call = readObject(reader, json, "functionCall", `${path}.functionCall`);
  if (call !== undefined)
    return [decodeCall(call, signature, memberSource(source, "functionCall"), calls)];
  const result = readObject(reader, json, "functionResponse", `${path}.functionResponse`);
  if (result !== undefined)
    return [decodeResult(reader, result, path, memberSource(source, "functionResponse"), calls)];
  const text = readString(reader, json, "text", `${path}.text`);
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

function decodeContent(
  reader: Reader,
  json: JsonObject,
  path: string,
  source: Source,
  role: Role,
  calls: OpenCalls,
): Message {
  const sourceAt = elementSources(memberSource(source, "parts"));
  const parts = readList(reader, json, "parts", `${path}.parts`);
  const joined: Part[] = [];
  for (const [at, value] of parts.entries()) {
    const decoded = decodePart(reader, value, `${path}.parts[${at}]`, sourceAt(at), calls);
    if (role !== Role.ASSISTANT) appendAll(joined, decoded);
    else for (const next of decoded) joinPiece(joined, next, sealOf(value));
  }
  return message(role, joined);
}

/** Clients may put a seal on other words than thoughts; these are then told after it. */
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

function roleOf(reader: Reader, json: JsonObject, path: string): Role {
  switch (stringAt(json, "role") ?? "user") {
    case "user":
    case "function":
    case "tool":
      return Role.USER;
    case "model":
      return Role.ASSISTANT;
    case "system":
      return Role.SYSTEM;
    default:
      problem(reader, `${path}.role`, "must be user or model");
      return Role.USER;
  }
}

function decodeCall(json: JsonObject, signature: string, source: Source, calls: OpenCalls): Part {
  const name = stringAt(json, "name") ?? "";
  const given = stringAt(json, "id") ?? "";
  const id =
    given === "" ? printToolId("", generateId("request", calls.count(), name), signature) : given;
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

function decodeResult(
  reader: Reader,
  json: JsonObject,
  path: string,
  source: Source,
  calls: OpenCalls,
): Part {
  const name = stringAt(json, "name") ?? "";
  const given = stringAt(json, "id") ?? "";
  const wanted = given === "" ? {} : { id: given };
  const call = calls.answer({ ...wanted, name }) ?? calls.answer(wanted);
  const { response } = json;
  const only = isObject(response) && Object.keys(response).length === 1 ? response : {};
  const error = stringAt(only, "error");
  const text =
    error ??
    stringAt(only, "output") ??
    sourceText(memberSource(source, "response"), response ?? {});
  const media = readList(reader, json, "parts", `${path}.functionResponse.parts`);
  const content = media.flatMap((value, at) =>
    decodePart(reader, value, `${path}.functionResponse.parts[${at}]`, () => undefined),
  );
  return part({
    case: "toolResult",
    value: {
      $typeName: "parlance.chat.v1.ToolResult",
      toolCallId: given === "" ? (call?.id ?? "") : given,
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
  return { $typeName: "parlance.chat.v1.Message", role, parts, name: "", extrasJson: {} };
}
