import type { Media } from "../describe-media.ts";
import {
  asObject,
  asObjects,
  asString,
  contentText,
  isSet,
  type JsonObject,
  parseJson,
} from "../json-value.ts";
import type { RequestFacts } from "../plan-answer.ts";

/** Reads a valid request of Converse; the model and whether to stream stand in its path. */
export function readConverse(body: JsonObject, model: string, stream: boolean): RequestFacts {
  const messages = asObjects(body.messages);
  const lastUser = messages.findLast(({ role }) => role === "user");
  const config = asObject(body.toolConfig) ?? {};
  const results = asObjects(
    asObjects(messages.at(-1)?.content).map(({ toolResult }) => toolResult ?? null),
  );
  const format = asObject(asObject(asObject(body.outputConfig)?.textFormat)?.structure);
  const schema = asString(asObject(format?.jsonSchema)?.schema);
  return {
    model,
    stream,
    lastUserText: textsOf(lastUser).join(" "),
    promptText: [body.system, body.messages, body.toolConfig]
      .map((each) => JSON.stringify(each) ?? "")
      .join(""),
    media: messages.flatMap(({ content }) => asObjects(content).flatMap(readMedia)),
    tools: asObjects(config.tools).flatMap(({ toolSpec }) => {
      const spec = asObject(toolSpec);
      const input = asObject(spec?.inputSchema)?.json;
      return spec === undefined ? [] : [{ name: asString(spec.name) ?? "", schema: input }];
    }),
    toolChoice: readChoice(asObject(config.toolChoice)),
    parallelToolCalls: true,
    toolResults: results.map(
      (result) => (result.status === "error" ? "error: " : "") + contentText(result.content),
    ),
    outputSchema: schema === undefined ? undefined : parseJson(schema),
    stopSequence: readStop(body),
  };
}

function textsOf(message: JsonObject | undefined): readonly string[] {
  return asObjects(message?.content).flatMap(({ text }) => asString(text) ?? []);
}

function readMedia(block: JsonObject): readonly Media[] {
  const result = asObject(block.toolResult);
  if (result !== undefined) return asObjects(result.content).flatMap(readMedia);
  const kind = isSet(block.image) ? "image" : isSet(block.document) ? "document" : undefined;
  const media = kind === undefined ? undefined : asObject(block[kind]);
  if (kind === undefined || media === undefined) return [];
  const source = asObject(media.source) ?? {};
  const bytes = asString(source.bytes);
  const address = asString(asObject(source.s3Location)?.uri);
  if (bytes === undefined) return [{ kind, url: address ?? "" }];
  const mediaType =
    kind === "image" ? `image/${asString(media.format)}` : `application/${asString(media.format)}`;
  return [{ kind, mediaType, bytes: Buffer.from(bytes, "base64") }];
}

function readChoice(choice: JsonObject | undefined): RequestFacts["toolChoice"] {
  const name = asString(asObject(choice?.tool)?.name);
  if (name !== undefined) return { name };
  return choice?.any === undefined ? "auto" : "required";
}

function readStop(body: JsonObject): string | undefined {
  const stops = asObject(body.inferenceConfig)?.stopSequences;
  return Array.isArray(stops) ? asString(stops[0]) : undefined;
}
