import { editTopLevel } from "../../json/edit.ts";
import { isObject, parseJson } from "../../json/json.ts";

const NO_ARGUMENTS = '{"type":"object","properties":{}}';

/**
 * The schema of a tool's arguments for a vendor that takes only an object with `type: "object"`.
 * The very text where it is one, with the type added where there is none, and a schema without
 * arguments where it is empty. Undefined when it is not a JSON object.
 */
export function objectSchema(text: string): string | undefined {
  if (text === "") return NO_ARGUMENTS;
  const parsed = parseJson(text);
  if (!parsed.ok || !isObject(parsed.value)) return undefined;
  if (parsed.value.type !== undefined && parsed.value.type !== null) return text;
  const edited = editTopLevel(Buffer.from(text), { type: '"object"' });
  return edited === undefined ? text : Buffer.from(edited).toString("utf8");
}
