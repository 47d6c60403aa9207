import type { Media } from "../describe-media.ts";
import {
  asArray,
  asObject,
  asObjects,
  asString,
  type Json,
  type JsonObject,
} from "../json-value.ts";
import type { RequestFacts } from "../plan-answer.ts";

/** Reads a valid request to generate content. */
export function readGenerate(body: JsonObject, model: string, stream: boolean): RequestFacts {
  const contents = asObjects(body.contents);
  const config = asObject(body.generationConfig) ?? {};
  const lastUser = contents.findLast(
    (content) =>
      content.role !== "model" && asObjects(content.parts).some((part) => part.text !== undefined),
  );
  const calling = asObject(asObject(body.toolConfig)?.functionCallingConfig);
  return {
    model,
    stream,
    lastUserText: texts(lastUser).join(" "),
    promptText: JSON.stringify([body.systemInstruction, body.contents, body.tools]),
    media: contents.flatMap((content) => asObjects(content.parts).flatMap(readMedia)),
    tools: asObjects(body.tools).flatMap((tool) =>
      asObjects(tool.functionDeclarations).map(({ name, parameters, parametersJsonSchema }) => ({
        name: asString(name) ?? "",
        schema: parametersJsonSchema ?? lowered(parameters),
      })),
    ),
    toolChoice: readToolChoice(calling),
    parallelToolCalls: true,
    toolResults: asObjects(contents.at(-1)?.parts).flatMap((part) => {
      const response = asObject(part.functionResponse);
      return response === undefined ? [] : [readFunctionResult(asObject(response.response) ?? {})];
    }),
    outputSchema: readOutputSchema(config),
    stopSequence: asString(asArray(config.stopSequences)[0]),
  };
}

/** The words of a function's response: its `output`, `result` or `error`, or all of it. */
export function readFunctionResult(response: JsonObject): string {
  return (
    asString(response.output) ??
    asString(response.result) ??
    asString(response.error) ??
    JSON.stringify(response)
  );
}

function texts(content: JsonObject | undefined): readonly string[] {
  return asObjects(content?.parts).flatMap((part) => asString(part.text) ?? []);
}

function readMedia(part: JsonObject): Media[] {
  const blob = asObject(part.inlineData);
  const file = asObject(part.fileData);
  if (blob !== undefined) {
    const mediaType = asString(blob.mimeType) ?? "";
    const kind = mediaType.startsWith("image/")
      ? "image"
      : mediaType.startsWith("audio/")
        ? "audio"
        : "document";
    return [{ kind, mediaType, bytes: Buffer.from(asString(blob.data) ?? "", "base64") }];
  }
  return file === undefined ? [] : [{ kind: "file", url: asString(file.fileUri) ?? "" }];
}

function readToolChoice(calling: JsonObject | undefined): RequestFacts["toolChoice"] {
  if (calling?.mode === "NONE") return "none";
  if (calling?.mode !== "ANY") return "auto";
  const [only, another] = asArray(calling.allowedFunctionNames);
  return only !== undefined && another === undefined ? { name: asString(only) ?? "" } : "required";
}

function readOutputSchema(config: JsonObject): Json | undefined {
  if (config.responseMimeType !== "application/json") return undefined;
  return config.responseJsonSchema ?? lowered(config.responseSchema) ?? null;
}

/** A schema in the vendor's words as JSON Schema, for its types are in capitals. */
function lowered(schema: Json | undefined): Json | undefined {
  if (schema === undefined) return undefined;
  return JSON.parse(JSON.stringify(schema), (key, value: unknown) =>
    key === "type" && typeof value === "string" ? value.toLowerCase() : value,
  );
}
