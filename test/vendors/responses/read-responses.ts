import { type Media, mediaOfDataUrl } from "../describe-media.ts";
import {
  asArray,
  asObject,
  asObjects,
  asString,
  isArray,
  type Json,
  type JsonObject,
} from "../json-value.ts";
import type { RequestFacts } from "../plan-answer.ts";
import { typeOfItem } from "./validate-input.ts";

/** Reads a valid request of the Responses API. */
export function readResponses(body: JsonObject): RequestFacts {
  const items =
    typeof body.input === "string"
      ? [{ role: "user", content: body.input }]
      : asObjects(body.input);
  const messages = items.filter((item) => typeOfItem(item) === "message");
  const lastUser = messages.findLast((message) => message.role === "user");
  const isOutput = (item: JsonObject) => (typeOfItem(item) ?? "").endsWith("_call_output");
  const results = items.slice(items.findLastIndex((item) => !isOutput(item)) + 1);
  return {
    model: asString(body.model) ?? "",
    stream: body.stream === true,
    lastUserText: textOf(lastUser?.content, " "),
    promptText: [body.instructions, body.input, body.tools]
      .map((each) => (each === undefined ? "" : JSON.stringify(each)))
      .join(""),
    media: items.flatMap((item) =>
      [...asArray(item.content), ...asArray(item.output)].flatMap(readMedia),
    ),
    tools: asObjects(body.tools).flatMap((tool) =>
      tool.type === "function"
        ? [{ name: asString(tool.name) ?? "", schema: tool.parameters }]
        : [],
    ),
    toolChoice: readToolChoice(body.tool_choice),
    parallelToolCalls: body.parallel_tool_calls !== false,
    toolResults: results.map((item) => textOf(item.output, "")),
    outputSchema: readOutputSchema(asObject(asObject(body.text)?.format)),
    stopSequence: undefined,
  };
}

function textOf(content: Json | undefined, between: string): string {
  if (!isArray(content)) return asString(content) ?? "";
  return content.flatMap((part) => asString(asObject(part)?.text) ?? []).join(between);
}

function readMedia(content: Json): Media[] {
  const part = asObject(content) ?? {};
  const url = asString(part.image_url);
  if (part.type === "input_image") {
    return [
      mediaOfDataUrl("image", url ?? "") ?? {
        kind: "image",
        url: url ?? asString(part.file_id) ?? "",
      },
    ];
  }
  if (part.type !== "input_file") return [];
  const data = mediaOfDataUrl("document", asString(part.file_data) ?? "");
  return [data ?? { kind: "file", url: asString(part.file_id) ?? asString(part.file_url) ?? "" }];
}

function readToolChoice(choice: Json | undefined): RequestFacts["toolChoice"] {
  if (choice === "none" || choice === "required") return choice;
  const wanted = asObject(choice);
  const name = wanted?.type === "function" ? asString(wanted.name) : undefined;
  if (name !== undefined) return { name };
  return wanted?.type === "allowed_tools" && wanted.mode === "required" ? "required" : "auto";
}

function readOutputSchema(format: JsonObject | undefined): Json | undefined {
  if (format?.type === "json_object") return null;
  return format?.type === "json_schema" ? (format.schema ?? null) : undefined;
}
