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

/** Reads a valid chat completion request. */
export function readChat(body: JsonObject): RequestFacts {
  const messages = asObjects(body.messages);
  const lastUser = messages.findLast((message) => message.role === "user");
  const afterLastOther = messages.findLastIndex((message) => message.role !== "tool") + 1;
  return {
    model: asString(body.model) ?? "",
    stream: body.stream === true,
    lastUserText: contentText(lastUser?.content),
    promptText:
      JSON.stringify(body.messages) + (body.tools === undefined ? "" : JSON.stringify(body.tools)),
    media: messages.flatMap((message) => asArray(message.content).flatMap(readMedia)),
    tools: asArray(body.tools).flatMap((tool) => {
      const definition = asObject(asObject(tool)?.function);
      return definition === undefined
        ? []
        : [{ name: asString(definition.name) ?? "", schema: definition.parameters }];
    }),
    toolChoice: readToolChoice(body.tool_choice),
    parallelToolCalls: body.parallel_tool_calls !== false,
    toolResults: messages.slice(afterLastOther).map((message) => contentText(message.content)),
    outputSchema: readOutputSchema(asObject(body.response_format)),
    stopSequence: asString(body.stop) ?? asString(asArray(body.stop)[0]),
  };
}

/** The text of a message's content: a string, or its text parts joined by one space. */
function contentText(content: Json | undefined): string {
  if (!isArray(content)) return asString(content) ?? "";
  return content.flatMap((part) => asString(asObject(part)?.text) ?? []).join(" ");
}

function readMedia(part: Json): Media[] {
  const { image_url, input_audio, file } = asObject(part) ?? {};
  const imageUrl = asString(asObject(image_url)?.url);
  if (imageUrl !== undefined)
    return [mediaOfDataUrl("image", imageUrl) ?? { kind: "image", url: imageUrl }];
  const audio = asObject(input_audio);
  if (audio !== undefined) {
    return [
      {
        kind: "audio",
        mediaType: `audio/${asString(audio.format)}`,
        bytes: Buffer.from(asString(audio.data) ?? "", "base64"),
      },
    ];
  }
  const document = asObject(file);
  if (document === undefined) return [];
  return [
    mediaOfDataUrl("document", asString(document.file_data) ?? "") ?? {
      kind: "file",
      url: asString(document.file_id) ?? "",
    },
  ];
}

function readToolChoice(choice: Json | undefined): RequestFacts["toolChoice"] {
  if (choice === "none" || choice === "required") return choice;
  const name = asString(asObject(asObject(choice)?.function)?.name);
  if (name !== undefined) return { name };
  return asObject(asObject(choice)?.allowed_tools)?.mode === "required" ? "required" : "auto";
}

function readOutputSchema(format: JsonObject | undefined): Json | undefined {
  if (format?.type === "json_object") return null;
  return format?.type === "json_schema"
    ? (asObject(format.json_schema)?.schema ?? null)
    : undefined;
}
