import { FieldOutcome, type FieldReport } from "../../../../gen/parlance/call/v1/call_report_pb.js";
import type { Chat } from "../../../../gen/parlance/chat/v1/chat_pb.js";
import type { JsonSchemaFormat } from "../../../../gen/parlance/chat/v1/generation_pb.js";
import { type Message, Role } from "../../../../gen/parlance/chat/v1/message_pb.js";
import type { Text } from "../../../../gen/parlance/chat/v1/part_pb.js";
import type { Tool, ToolChoice } from "../../../../gen/parlance/chat/v1/tool_pb.js";
import { ToolChoiceMode } from "../../../../gen/parlance/chat/v1/tool_pb.js";
import type { JsonAnswer } from "../../../core/emulation.ts";
import { fieldEntry } from "../../../core/fidelity/field-entry.ts";
import { toolIdentity } from "../../../core/names/tool-namespace.ts";

/** A chat that requests its answer in JSON by other means than the format. */
export interface JsonRequest {
  readonly chat: Chat;
  readonly entries: readonly FieldReport[];
  /** The tool whose arguments are the answer. Undefined: the prompt requests it. */
  readonly tool: string | undefined;
  /** The entry of an answer in words. Undefined: such an answer is a failure. */
  readonly inWords: FieldReport | undefined;
}

/** The chat as it is sent to a vendor that cannot be bound to its format. */
export function requestJson(chat: Chat, means: JsonAnswer): JsonRequest {
  const { responseFormat, ...rest } = chat;
  const format = responseFormat?.format;
  const schema = format?.case === "jsonSchema" ? format.value : undefined;
  if (means === "prompt" || schema === undefined) {
    const messages = withInstruction(chat.messages, instructionFor(schema));
    const entries = reportOf(schema, "requested in the prompt");
    return { chat: { ...rest, messages }, entries, tool: undefined, inWords: wordsOf(chat) };
  }
  const tool = freeName(chat.tools);
  const messages = withInstruction(
    chat.messages,
    `Give the final answer only by calling the tool ${tool}.`,
  );
  return {
    chat: {
      ...rest,
      messages,
      tools: [...chat.tools, answerTool(tool, schema)],
      toolChoice: choiceFor(chat, tool),
    },
    entries: reportOf(
      schema,
      `the model answers through the tool ${tool}; words beside are left out`,
    ),
    tool,
    inWords: wordsOf(chat),
  };
}

/** Beside tools a turn may be a question or a step: its words are not taken for a failure. */
function wordsOf({ tools, responseFormat }: Chat): FieldReport | undefined {
  if (tools.length === 0) return undefined;
  const path = pathOf(responseFormat?.format.case === "jsonSchema");
  return fieldEntry(path, FieldOutcome.DROPPED, "the model answered in words");
}

function pathOf(schema: boolean): string {
  return schema ? "response_format.json_schema" : "response_format.json_object";
}

function reportOf(schema: JsonSchemaFormat | undefined, note: string): readonly FieldReport[] {
  const path = pathOf(schema !== undefined);
  const whole = fieldEntry(path, FieldOutcome.EMULATED, note);
  if (schema?.strict !== true) return [whole];
  return [whole, fieldEntry(`${path}.strict`, FieldOutcome.DROPPED, "nothing enforces the schema")];
}

function instructionFor(schema: JsonSchemaFormat | undefined): string {
  const { schemaJson = "", description = "" } = schema ?? {};
  const purpose = description === "" ? "" : ` (${description})`;
  const form = schemaJson === "" ? "." : ` that follows this JSON Schema${purpose}:\n${schemaJson}`;
  return `Answer with one JSON object and nothing else${form}`;
}

/** The instruction behind those that the conversation begins with. */
function withInstruction(messages: readonly Message[], text: string): Message[] {
  const first = messages.findIndex(({ role }) => role !== Role.SYSTEM && role !== Role.DEVELOPER);
  const at = first === -1 ? messages.length : first;
  return [...messages.slice(0, at), instruction(text), ...messages.slice(at)];
}

function instruction(text: string): Message {
  const value: Text = { $typeName: "parlance.chat.v1.Text", text, citations: [] };
  return {
    $typeName: "parlance.chat.v1.Message",
    text: "",
    role: Role.SYSTEM,
    parts: [{ $typeName: "parlance.chat.v1.Part", content: { case: "text", value } }],
    name: "",
    extrasJson: {},
  };
}

const ANSWER_TOOL = "json_answer";

function freeName(tools: readonly Tool[]): string {
  const taken = new Set(tools.map((tool) => toolIdentity(tool)?.name));
  let name = ANSWER_TOOL;
  for (let number = 2; taken.has(name); number += 1) name = `${ANSWER_TOOL}_${number}`;
  return name;
}

function answerTool(name: string, { schemaJson, description }: JsonSchemaFormat): Tool {
  const purpose = description === "" ? "" : ` ${description}`;
  return {
    $typeName: "parlance.chat.v1.Tool",
    tool: {
      case: "function",
      value: {
        $typeName: "parlance.chat.v1.FunctionTool",
        name,
        description: `Gives the final answer. Its arguments are the whole answer.${purpose}`,
        parametersJson: schemaJson,
        extrasJson: {},
      },
    },
  };
}

/** The answer must be called for: among the caller's tools where it may use some, else alone. */
function choiceFor({ tools, toolChoice }: Chat, name: string): ToolChoice {
  const choice = toolChoice?.choice;
  const none = choice?.case === "mode" && choice.value === ToolChoiceMode.NONE;
  if (tools.length === 0 || none) return chosen({ case: "name", value: name });
  if (choice?.case === "name" || choice?.case === "opaque") return chosen(choice);
  if (choice?.case !== "allowed") {
    return chosen({ case: "mode", value: ToolChoiceMode.REQUIRED });
  }
  const { $typeName, names } = choice.value;
  const allowed = { $typeName, mode: ToolChoiceMode.REQUIRED, names: [...names, name] };
  return chosen({ case: "allowed", value: allowed });
}

function chosen(choice: ToolChoice["choice"]): ToolChoice {
  return { $typeName: "parlance.chat.v1.ToolChoice", choice };
}
