import { type Media, mediaOfDataUrl } from "../describe-media.ts";
import {
  asArray,
  asObject,
  asObjects,
  asString,
  contentText,
  type JsonObject,
} from "../json-value.ts";
import type { RequestFacts } from "../plan-answer.ts";

/** Reads a valid chat. */
export function readChat(body: JsonObject): RequestFacts {
  const messages = asObjects(body.messages);
  const lastUser = messages.findLast(({ role }) => role === "user");
  const afterLastOther = messages.findLastIndex(({ role }) => role !== "tool") + 1;
  const format = asObject(body.response_format);
  return {
    model: asString(body.model) ?? "",
    stream: body.stream === true,
    lastUserText: contentText(lastUser?.content),
    promptText: JSON.stringify(body.messages) + (JSON.stringify(body.tools) ?? ""),
    media: messages.flatMap(({ content }) => asObjects(content).flatMap(readMedia)),
    tools: asObjects(asObjects(body.tools).map((tool) => tool.function ?? null)).map(
      ({ name, parameters }) => ({
        name: asString(name) ?? "",
        schema: parameters,
      }),
    ),
    toolChoice:
      body.tool_choice === "REQUIRED" ? "required" : body.tool_choice === "NONE" ? "none" : "auto",
    parallelToolCalls: true,
    toolResults: messages.slice(afterLastOther).map(({ content }) => resultText(content)),
    outputSchema: format?.type === "json_object" ? (format.json_schema ?? null) : undefined,
    stopSequence: asString(asArray(body.stop_sequences)[0]),
  };
}

/** The text of a result, whose documents hold theirs in `data`. */
function resultText(content: JsonObject[string]): string {
  const documents = asObjects(asObjects(content).map(({ document }) => document ?? null));
  return (
    contentText(content) +
    documents.map(({ data }) => asString(data) ?? JSON.stringify(data)).join("")
  );
}

function readMedia(part: JsonObject): readonly Media[] {
  const url = asString(asObject(part.image_url)?.url);
  return url === undefined ? [] : [mediaOfDataUrl("image", url) ?? { kind: "image", url }];
}
