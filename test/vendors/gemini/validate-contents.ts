import {
  asObject,
  asObjects,
  asString,
  isArray,
  type Json,
  type JsonObject,
} from "../json-value.ts";

/** The members of a part that are its data; each part has exactly one. */
const data = [
  "text",
  "inlineData",
  "functionCall",
  "functionResponse",
  "fileData",
  "executableCode",
  "codeExecutionResult",
];

/** The first fault in `contents`, or undefined: of one part, or of the turns together. */
export function validateContents(sent: Json | undefined): string | undefined {
  const contents = asObjects(sent);
  if (!isArray(sent) || contents.length === 0)
    return "* GenerateContentRequest.contents: contents is not specified\n";
  for (const [index, content] of contents.entries()) {
    const fault = validateContent(content, `GenerateContentRequest.contents[${index}]`);
    if (fault !== undefined) return fault;
  }
  return validateFunctionTurns(contents);
}

function validateContent(content: JsonObject, at: string): string | undefined {
  const role = content.role ?? "user";
  if (role !== "user" && role !== "model" && role !== "function")
    return "Please use a valid role: user, model.";
  const parts = asObjects(content.parts);
  if (parts.length === 0) return `* ${at}.parts: contents.parts must not be empty.\n`;
  for (const [index, part] of parts.entries()) {
    const fault = validatePart(part, `${at}.parts[${index}]`);
    if (fault !== undefined) return fault;
  }
  return undefined;
}

function validatePart(part: JsonObject, at: string): string | undefined {
  const set = data.filter((key) => part[key] !== undefined);
  if (set.length !== 1)
    return `* ${at}.data: required oneof field 'data' must have one initialized field\n`;
  const { inlineData, functionCall, functionResponse } = part;
  if (inlineData !== undefined)
    return validateBlob(asObject(inlineData) ?? {}, `${at}.inline_data`);
  if (functionCall !== undefined)
    return validateFunction(asObject(functionCall) ?? {}, "args", `${at}.function_call`, true);
  return functionResponse === undefined
    ? undefined
    : validateFunction(
        asObject(functionResponse) ?? {},
        "response",
        `${at}.function_response`,
        false,
      );
}

function validateBlob(blob: JsonObject, at: string): string | undefined {
  if (asString(blob.mimeType) === undefined)
    return `* ${at}.mime_type: mime_type must not be empty\n`;
  return /^[A-Za-z0-9+/_-]+=*$/.test(asString(blob.data) ?? "")
    ? undefined
    : `Invalid value at '${at}.data' (TYPE_BYTES), Base64 decoding failed`;
}

/** A call or a response has a name, and an object of its own. */
function validateFunction(
  sent: JsonObject,
  member: string,
  at: string,
  optional: boolean,
): string | undefined {
  if ((asString(sent.name) ?? "") === "") return `* ${at}.name: Name cannot be empty.\n`;
  const isStruct = asObject(sent[member]) !== undefined || (optional && sent[member] === undefined);
  return isStruct
    ? undefined
    : `Invalid value at '${at}.${member}' (type.googleapis.com/google.protobuf.Struct)`;
}

/**
 * Calls are answered in the very next turn: as many, of the same names, and by the same ids where
 * there are any.
 */
function validateFunctionTurns(contents: readonly JsonObject[]): string | undefined {
  for (const [index, content] of contents.entries()) {
    const fault =
      validateCalls(membersOf(content, "functionCall"), contents[index - 1], contents[index + 1]) ??
      validateResponses(membersOf(content, "functionResponse"), contents[index - 1]);
    if (fault !== undefined) return fault;
  }
  return undefined;
}

function validateCalls(
  calls: readonly JsonObject[],
  before: JsonObject | undefined,
  after: JsonObject | undefined,
): string | undefined {
  if (calls.length === 0) return undefined;
  // Words of the model may stand before its calls in a content of their own.
  if (before === undefined || membersOf(before, "functionCall").length > 0) {
    return "Please ensure that function call turn comes immediately after a user turn or after a function response turn.";
  }
  return membersOf(after, "functionResponse").length === calls.length ? undefined : uneven;
}

function validateResponses(
  responses: readonly JsonObject[],
  before: JsonObject | undefined,
): string | undefined {
  if (responses.length === 0) return undefined;
  const calls = membersOf(before, "functionCall");
  if (calls.length === 0) {
    return "Please ensure that function response turn comes immediately after a function call turn.";
  }
  // Google's client for Python names no ids.
  const ids = responses.some(({ id }) => id !== undefined);
  return key(responses, ids) === key(calls, ids) ? undefined : uneven;
}

const uneven =
  "Please ensure that the number of function response parts is equal to the number of function call parts of the function call turn.";

function membersOf(content: JsonObject | undefined, name: string): readonly JsonObject[] {
  return asObjects(asObjects(content?.parts).map((part) => part[name] ?? null));
}

/** What must be the same of calls and their responses, in any order. */
function key(list: readonly JsonObject[], ids: boolean): string {
  return list
    .map(({ id, name }) => `${ids ? (asString(id) ?? "") : ""} ${asString(name)}`)
    .sort()
    .join("\n");
}
