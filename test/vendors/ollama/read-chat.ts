import { asArray, asObject, asObjects, asString, isSet, type JsonObject } from "../json-value.ts";
import type { RequestFacts } from "../plan-answer.ts";

/** Reads a valid chat. Answers are streamed unless the request says otherwise. */
export function readChat(body: JsonObject): RequestFacts {
  const messages = asObjects(body.messages);
  const lastUser = messages.findLast(({ role }) => role === "user");
  const afterLastOther = messages.findLastIndex(({ role }) => role !== "tool") + 1;
  const { format } = body;
  return {
    model: asString(body.model) ?? "",
    stream: body.stream !== false,
    lastUserText: asString(lastUser?.content) ?? "",
    promptText: JSON.stringify(body.messages) + (JSON.stringify(body.tools) ?? ""),
    media: messages.flatMap(({ images }) =>
      asArray(images).map((image) => {
        const bytes = Buffer.from(asString(image) ?? "", "base64");
        return { kind: "image" as const, mediaType: "image/png", bytes };
      }),
    ),
    tools: asObjects(asObjects(body.tools).map((tool) => tool.function ?? null)).map(
      ({ name, parameters }) => ({
        name: asString(name) ?? "",
        schema: parameters,
      }),
    ),
    toolChoice: "auto",
    parallelToolCalls: true,
    toolResults: messages.slice(afterLastOther).map(({ content }) => asString(content) ?? ""),
    outputSchema: isSet(format) && format !== "" ? (asObject(format) ?? null) : undefined,
    stopSequence: asString(asArray(asObject(body.options)?.stop)[0]),
  };
}
