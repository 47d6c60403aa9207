import type { Media } from "../describe-media.ts";
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

/** Reads a valid messages request. */
export function readMessages(body: JsonObject): RequestFacts {
  const messages = asObjects(body.messages);
  const lastUser = messages.findLast((message) => message.role === "user");
  const results = asObjects(messages.at(-1)?.content).filter(
    (block) => block.type === "tool_result",
  );
  return {
    model: asString(body.model) ?? "",
    stream: body.stream === true,
    lastUserText: contentText(lastUser?.content),
    promptText: [body.system, body.messages, body.tools]
      .map((each) => (each === undefined ? "" : JSON.stringify(each)))
      .join(""),
    media: messages.flatMap((message) => asObjects(message.content).flatMap(readMedia)),
    tools: asObjects(body.tools).flatMap((tool) =>
      tool.input_schema === undefined
        ? []
        : [{ name: asString(tool.name) ?? "", schema: tool.input_schema }],
    ),
    toolChoice: readToolChoice(asObject(body.tool_choice)),
    parallelToolCalls: asObject(body.tool_choice)?.disable_parallel_tool_use !== true,
    toolResults: results.map(
      (result) => (result.is_error === true ? "error: " : "") + contentText(result.content),
    ),
    outputSchema: outputSchema(body),
    stopSequence: asString(asArray(body.stop_sequences)[0]),
  };
}

/** The text of a content member: a string, or its text blocks joined by one space. */
function contentText(content: Json | undefined): string {
  if (!isArray(content)) return asString(content) ?? "";
  return content.flatMap((block) => asString(asObject(block)?.text) ?? []).join(" ");
}

/** The media of a block, those within a tool result too. */
function readMedia(block: JsonObject): readonly Media[] {
  if (block.type === "tool_result") return asObjects(block.content).flatMap(readMedia);
  if (block.type !== "image" && block.type !== "document") return [];
  const kind = block.type;
  const source = asObject(block.source) ?? {};
  const data = asString(source.data) ?? "";
  const mediaType = asString(source.media_type) ?? "";
  if (source.type === "base64") return [{ kind, mediaType, bytes: Buffer.from(data, "base64") }];
  if (source.type === "text") return [{ kind, mediaType, bytes: Buffer.from(data) }];
  return [
    {
      kind: source.type === "file" ? "file" : kind,
      url: asString(source.url) ?? asString(source.file_id) ?? "",
    },
  ];
}

function readToolChoice(choice: JsonObject | undefined): RequestFacts["toolChoice"] {
  if (choice?.type === "tool") return { name: asString(choice.name) ?? "" };
  if (choice?.type === "any") return "required";
  return choice?.type === "none" ? "none" : "auto";
}

/**
 * The schema in `output_config.format`, or in `output_format` where the beta of that name is used.
 */
function outputSchema(body: JsonObject): Json | undefined {
  return (
    asObject(asObject(body.output_config)?.format)?.schema ?? asObject(body.output_format)?.schema
  );
}
