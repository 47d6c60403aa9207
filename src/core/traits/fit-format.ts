import type { JsonSchemaFormat } from "../../../gen/parlance/chat/v1/generation_pb.js";
import { type Message, Role } from "../../../gen/parlance/chat/v1/message_pb.js";
import type { Takes } from "../../../gen/parlance/model/v1/model_traits_pb.js";
import { drops, emulates, type Fitting, maps } from "./fitting.ts";

/** Requests in the prompt the form of the answer that a model cannot be held to. */
export function fitFormat(fitting: Fitting, takes: Takes): void {
  const format = fitting.chat.responseFormat?.format;
  if (format?.case === "jsonSchema" && takes.jsonSchema === false)
    fitSchema(fitting, format.value, takes);
  else if (format?.case === "jsonObject" && takes.jsonObject === false) {
    emulates(fitting, "response_format.json_object", IN_PROMPT);
    instruct(fitting, "Answer with one JSON object and nothing else.");
    delete fitting.chat.responseFormat;
  }
}

const IN_PROMPT = "requested in the prompt";

function fitSchema(fitting: Fitting, schema: JsonSchemaFormat, takes: Takes): void {
  const path = "response_format.json_schema";
  const object = takes.jsonObject !== false;
  emulates(fitting, path, object ? `${IN_PROMPT}; only JSON is enforced` : IN_PROMPT);
  if (schema.strict === true) drops(fitting, `${path}.strict`, "the model cannot be held to it");
  if (schema.strict === false) maps(fitting, `${path}.strict`, "nothing is enforced");
  instruct(fitting, schemaInstruction(schema));
  if (!object) {
    delete fitting.chat.responseFormat;
    return;
  }
  fitting.chat.responseFormat = {
    $typeName: "parlance.chat.v1.ResponseFormat",
    format: { case: "jsonObject", value: { $typeName: "parlance.chat.v1.JsonObjectFormat" } },
  };
}

/** The words that request an answer by a schema from a model that cannot be held to one. */
export function schemaInstruction({ schemaJson, description }: JsonSchemaFormat): string {
  const purpose = description === "" ? "" : ` (${description})`;
  const schema =
    schemaJson === "" ? "." : ` that follows this JSON Schema${purpose}:\n${schemaJson}`;
  return `Answer with one JSON object and nothing else${schema}`;
}

function instruct({ chat }: Fitting, text: string): void {
  const instruction: Message = {
    $typeName: "parlance.chat.v1.Message",
    text: "",
    role: Role.SYSTEM,
    name: "",
    parts: [
      {
        $typeName: "parlance.chat.v1.Part",
        content: {
          case: "text",
          value: { $typeName: "parlance.chat.v1.Text", text, citations: [] },
        },
      },
    ],
    extrasJson: {},
  };
  chat.messages = [instruction, ...chat.messages];
}
