import type { DescField, DescMessage } from "@bufbuild/protobuf";

/**
 * The paths of all fields of a contract message that hold no other message: `sampling.top_k`,
 * `messages[].parts[].image.url`. A list of messages is marked with `[]`; a list of scalars, a map
 * and a message inside of itself are one field.
 */
export function contractFields(schema: DescMessage): readonly string[] {
  return fieldsOf(schema, "", [schema.typeName]);
}

const ownFields: ReadonlySet<string> = new Set([
  "model",
  "tags",
  "messages[].text",
  "fallbacks",
  "disable_fallbacks",
  "priority",
]);

/**
 * Whether a field is for the gateway itself and never sent: the name of the model that is routed,
 * the tags of the ledger, what is wanted of the response cache, the fallbacks, the priority in
 * queues, the short form of a message, which its part of text is sent for, and the word that says
 * whose dialect something is in.
 */
export function isOwnField(path: string): boolean {
  return (
    ownFields.has(path) ||
    path.startsWith("fallbacks[].") ||
    path.startsWith("response_cache.") ||
    path.endsWith(".dialect")
  );
}

/** The part of a path where content holds content: a tool's result, a document in pieces. */
export const innerContent = /\.(?:tool_result\.content|document\.content\.parts)\[\]\./;

/** A step on the path of a contract field. */
export interface PathStep {
  readonly field: DescField;
  /**
   * What the path goes on with; undefined where it ends or goes into something that is no message.
   */
  readonly message: DescMessage | undefined;
}

/**
 * The steps to a contract path such as `messages[].parts[].image`. Undefined where the contract has
 * no such path.
 */
export function pathSteps(schema: DescMessage, path: string): readonly PathStep[] | undefined {
  const steps: PathStep[] = [];
  let message: DescMessage | undefined = schema;
  for (const name of path.replaceAll("[]", "").split(".")) {
    const field: DescField | undefined = message?.fields.find(
      (candidate) => candidate.name === name,
    );
    if (field === undefined) return undefined;
    message = field.fieldKind === "map" ? undefined : field.message;
    steps.push({ field, message });
  }
  return steps;
}

function fieldsOf(
  schema: DescMessage,
  prefix: string,
  inside: readonly string[],
): readonly string[] {
  return schema.fields.flatMap((field) => {
    const path = `${prefix}${field.name}`;
    if (field.fieldKind === "map" || field.message === undefined) return [path];
    const marked = field.fieldKind === "list" ? `${path}[]` : path;
    if (inside.includes(field.message.typeName)) return [marked];
    return fieldsOf(field.message, `${marked}.`, [...inside, field.message.typeName]);
  });
}
