import {
  arrayAt,
  isObject,
  type Json,
  type JsonObject,
  objectAt,
  stringAt,
} from "../../../src/json/json.ts";

/**
 * The rules of Converse that can be told from a body; the first one that is broken, or undefined.
 */
export function validateConverse(body: JsonObject): string | undefined {
  const messages = (arrayAt(body, "messages") ?? []).filter(isObject);
  const roles = messages.map((message) => stringAt(message, "role") ?? "");
  if (roles.some((role, at) => role === roles[at - 1])) return "roles do not alternate";
  const contents = messages.map((message) => (arrayAt(message, "content") ?? []).filter(isObject));
  if (contents.some((content) => content.length === 0)) return "a message is empty";
  const blocks = contents.flat();
  const names = blocks.flatMap((block) => objectAt(block, "document")?.name ?? []);
  if (new Set(names).size < names.length) return "documents share a name";
  const usesTools = blocks.some(
    (block) => block.toolUse !== undefined || block.toolResult !== undefined,
  );
  if (usesTools && body.toolConfig === undefined) return "tools are used and none is declared";
  for (const content of contents) {
    const fault = contentFault(content);
    if (fault !== undefined) return fault;
  }
  return undefined;
}

function contentFault(content: readonly JsonObject[]): string | undefined {
  const documents = content.some((block) => block.document !== undefined);
  if (documents && content.every((block) => block.text === undefined))
    return "a document comes without words";
  for (const [at, block] of content.entries()) {
    const fault = blockFault(block, content[at - 1]);
    if (fault !== undefined) return fault;
  }
  const results = content.map(
    (block) => block.toolResult !== undefined || block.cachePoint !== undefined,
  );
  const last = content.findLastIndex((block) => block.toolResult !== undefined);
  return results.slice(0, last + 1).every(Boolean)
    ? undefined
    : "a result stands behind other content";
}

function blockFault(block: JsonObject, before: JsonObject | undefined): string | undefined {
  if (typeof block.text === "string" && block.text.trim() === "") return "a text is blank";
  if (block.cachePoint !== undefined && !takesPoint(before))
    return "a cache point stands where none may";
  const id = stringAt(
    objectAt(block, "toolUse") ?? objectAt(block, "toolResult") ?? {},
    "toolUseId",
  );
  if (id !== undefined && !/^[a-zA-Z0-9_-]{1,64}$/.test(id)) return "an id is refused";
  const input: Json | undefined = objectAt(block, "toolUse")?.input;
  return block.toolUse !== undefined && !isObject(input) ? "an input is no object" : undefined;
}

function takesPoint(before: JsonObject | undefined): boolean {
  if (
    before === undefined ||
    before.cachePoint !== undefined ||
    before.reasoningContent !== undefined
  )
    return false;
  const document = objectAt(before, "document");
  return document === undefined || document.format === "pdf";
}
