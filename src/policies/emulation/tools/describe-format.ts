import { isObject, objectAt, parseJson, stringAt } from "../../../json/json.ts";

/**
 * Tells a model that takes functions alone how to write the text of a custom tool: `formatJson` is
 * the tool's format. See https://platform.openai.com/docs/guides/function-calling#custom-tools.
 */
export function describeFormat(formatJson: string): string {
  const parsed = formatJson === "" ? undefined : parseJson(formatJson);
  const format = parsed?.ok === true && isObject(parsed.value) ? parsed.value : undefined;
  if (format === undefined || stringAt(format, "type") === "text") return RAW;
  const grammar = objectAt(format, "grammar") ?? format;
  const definition = stringAt(grammar, "definition");
  if (definition === undefined) return `${RAW} The text must have this form: ${formatJson}`;
  const syntax = stringAt(grammar, "syntax");
  const kind =
    syntax === "regex" ? "match this regular expression" : `follow this ${syntax ?? ""} grammar`;
  return `${RAW} The text must ${kind}:\n${definition}`;
}

const RAW = "Put the whole input into the argument `input`, as one string of raw text.";
