import type { Message } from "../../../../gen/parlance/chat/v1/message_pb.js";
import { Role } from "../../../../gen/parlance/chat/v1/message_pb.js";
import type { Part } from "../../../../gen/parlance/chat/v1/part_pb.js";
import { isObject, type Json, type JsonObject } from "../../../json/json.ts";
import { memberSource, sourceText } from "../../../json/source-slice.ts";
import {
  noteMark,
  noteUnknown,
  takeExtras,
  takeOpaque,
} from "../../shared/notes/unknown-members.ts";
import { createOpenCalls, type OpenCalls } from "../../shared/open-calls.ts";
import {
  type Cursor,
  list,
  missing,
  object,
  objects,
  problem,
  requiredName,
  requiredObject,
  string,
  strings,
} from "../../shared/request-cursor.ts";
import { decodeToolInput } from "../../shared/tool-input.ts";
import { documentOf, part, textPart } from "../client/content.ts";
import { addDocuments } from "../client/messages.ts";
import { NAME } from "../wire.ts";

const roles: ReadonlyMap<string, Role> = new Map([
  ["USER", Role.USER],
  ["CHATBOT", Role.ASSISTANT],
  ["SYSTEM", Role.SYSTEM],
  ["TOOL", Role.TOOL],
]);

const known: ReadonlySet<string> = new Set(["role", "message"]);
const chatbotMembers: ReadonlySet<string> = new Set([...known, "tool_calls"]);
const toolMembers: ReadonlySet<string> = new Set([...known, "tool_results"]);
const callMembers: ReadonlySet<string> = new Set(["name", "parameters"]);
const resultMembers: ReadonlySet<string> = new Set(["call", "outputs"]);

/**
 * The conversation: the preamble, the history, and the message. Results of tools answer the calls
 * that stand last in the history; where there are none, the calls that they repeat are put before
 * them, after the message. Calls have no ids and are paired with results by name and order.
 * `cites`: whether documents shall be cited.
 */
export function decodeMessages(cursor: Cursor, cites: boolean | undefined): Message[] {
  const calls: Calls = { open: createOpenCalls(), inputs: new Map() };
  const preamble = string(cursor, "preamble") ?? "";
  const history = objects(list(cursor, "chat_history")).map((turn) => decodeTurn(turn, calls));
  const said = string(cursor, "message") ?? "";
  const question = said === "" ? [] : [messageOf(Role.USER, [textPart(said)])];
  const results = objects(list(cursor, "tool_results"));
  if (said === "" && results.length === 0 && history.at(-1)?.role !== Role.TOOL)
    missing(cursor, "message");
  const messages = [
    ...(preamble === "" ? [] : [messageOf(Role.SYSTEM, [textPart(preamble)])]),
    ...history,
    ...(results.length === 0 ? question : decodeResults(results, question, { history, calls })),
  ];
  return addDocuments(cursor, messages, decodeDocuments(cursor, cites));
}

/** The calls that wait for their results, and their parameters by id. */
interface Calls {
  readonly open: OpenCalls;
  readonly inputs: Map<string, string>;
}

function decodeTurn(turn: Cursor, calls: Calls): Message {
  const { role: said } = turn.json;
  const role = typeof said === "string" ? roles.get(said.toUpperCase()) : undefined;
  if (role === undefined) problem(turn, "role", `must be one of ${[...roles.keys()].join(", ")}`);
  const since = noteMark(turn);
  const text = string(turn, "message") ?? "";
  const parts = text === "" ? [] : [textPart(text)];
  if (role === Role.ASSISTANT)
    for (const call of objects(list(turn, "tool_calls"))) parts.push(decodeCall(call, calls));
  if (role === Role.TOOL)
    for (const result of objects(list(turn, "tool_results")))
      parts.push(decodeResult(result, calls));
  const members =
    role === Role.ASSISTANT ? chatbotMembers : role === Role.TOOL ? toolMembers : known;
  noteUnknown(turn, members);
  return { ...messageOf(role ?? Role.USER, parts), extrasJson: takeExtras(turn, NAME, since) };
}

interface Before {
  readonly history: readonly Message[];
  readonly calls: Calls;
}

/** See https://docs.cohere.com/v1/docs/multi-step-tool-use and .../single-step-tool-use. */
function decodeResults(
  results: readonly Cursor[],
  question: readonly Message[],
  { history, calls }: Before,
): Message[] {
  const last = history.at(-1);
  const called =
    last?.role === Role.ASSISTANT && last.parts.some(({ content }) => content.case === "toolCall");
  const repeated = called
    ? []
    : results.flatMap((result) => {
        const call = object(result, "call");
        return call === undefined ? [] : [decodeCall(call, calls)];
      });
  const answer = messageOf(
    Role.TOOL,
    results.map((result) => decodeResult(result, calls, called)),
  );
  if (called) return [answer, ...question];
  return [...question, messageOf(Role.ASSISTANT, repeated), answer];
}

function decodeCall(call: Cursor, calls: Calls): Part {
  const { json, source } = call;
  const since = noteMark(call);
  const name = requiredName(call, "name");
  const id = `call_${calls.open.count()}`;
  calls.open.open({ id, name });
  calls.inputs.set(id, JSON.stringify(json.parameters ?? {}));
  object(call, "parameters");
  noteUnknown(call, callMembers);
  const { parameters } = json;
  const value = decodeToolInput(parameters, () =>
    sourceText(memberSource(source, "parameters"), parameters),
  );
  const extras = takeOpaque(call, NAME, since);
  const called = part({
    case: "toolCall",
    value: {
      $typeName: "parlance.chat.v1.ToolCall",
      id,
      name,
      input: { case: "argumentsJson", value },
      signature: "",
    },
  });
  return extras === undefined ? called : { ...called, extras };
}

/**
 * `notes`: whether the call that the result repeats was not read before. Its parameters say nothing
 * where they are those of the call that is answered.
 */
function decodeResult(result: Cursor, calls: Calls, notes = true): Part {
  const since = noteMark(result);
  const call = requiredObject(result, "call");
  const name = call === undefined ? "" : requiredName(call, "name");
  const answered = calls.open.answer({ name }) ?? calls.open.answer({});
  const content = list(result, "outputs").map(decodeOutput);
  if (notes && call !== undefined) {
    const input = calls.inputs.get(answered?.id ?? "");
    const repeats = JSON.stringify(call.json.parameters ?? {}) === input;
    noteUnknown(call, callMembers, repeats ? [] : ["parameters"]);
  }
  noteUnknown(result, resultMembers);
  const extras = takeOpaque(result, NAME, since);
  const answer = part({
    case: "toolResult",
    value: {
      $typeName: "parlance.chat.v1.ToolResult",
      toolCallId: answered?.id ?? "",
      content,
      name,
    },
  });
  return extras === undefined ? answer : { ...answer, extras };
}

/** An output as a text: its JSON, or what it says where it says one text, `{"output": "..."}`. */
function decodeOutput({ json, source }: Cursor<Json>): Part {
  const only = isObject(json) && Object.keys(json).length === 1 ? json.output : undefined;
  return textPart(typeof only === "string" ? only : sourceText(source, json));
}

/**
 * Documents, each a text or an object of texts. Of these the model reads neither the id nor what
 * `_excludes` names.
 */
function decodeDocuments(cursor: Cursor, cites: boolean | undefined): Part[] {
  return objects(list(cursor, "documents")).map((document) => {
    const hidden = new Set(["id", "_excludes", ...strings(document, "_excludes")]);
    const read: JsonObject = Object.fromEntries(
      Object.entries(document.json).filter(([key, value]) => !hidden.has(key) && value !== null),
    );
    const made = documentOf(read);
    if (cites !== undefined && made.content.case === "document")
      made.content.value.citationsEnabled = cites;
    return made;
  });
}

function messageOf(role: Role, parts: Part[]): Message {
  return { $typeName: "parlance.chat.v1.Message", role, parts, name: "", text: "", extrasJson: {} };
}
