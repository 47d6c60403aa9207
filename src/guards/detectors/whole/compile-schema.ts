import { createRequire } from "node:module";
import type { Ajv2020, ErrorObject, ValidateFunction } from "ajv/dist/2020.js";
import { compilePattern } from "../../../core/rules/linear-pattern.ts";
import { isObject, type Json, parseJson } from "../../../json/json.ts";
import { SettingFault } from "../setting-fault.ts";

/** What is wrong with a text that should be JSON of a schema; undefined: nothing. */
export type JudgeJson = (text: string) => "NOT_JSON" | "SCHEMA" | undefined;

/**
 * Compiles a JSON schema of draft 2020-12. Its patterns are those of RE2, and equal items are found
 * in linear time, so that no text is expensive to judge. `field` is the setting that a SettingFault
 * names.
 */
export function compileSchema(field: string, schemaJson: string): JudgeJson {
  const fits = compile(field, schemaOf(field, schemaJson), false);
  return (text) => {
    const json = parseJson(text);
    if (!json.ok) return "NOT_JSON";
    return fits(json.value) ? undefined : "SCHEMA";
  };
}

/** Says in words what is wrong with a text that should be JSON of a schema; empty: nothing. */
export type DescribeViolations = (text: string) => readonly string[];

/** Violations of longer texts are not all looked for: each takes memory. */
const maxLength = 65_536;

/** As many violations are described. */
const maxViolations = 16;

/** Compiles a schema as `compileSchema` does, to say what is wrong. */
export function describeViolations(field: string, schemaJson: string): DescribeViolations {
  const schema = schemaOf(field, schemaJson);
  const [first, all] = [compile(field, schema, false), compile(field, schema, true)];
  return (text) => {
    const json = parseJson(text);
    if (!json.ok) {
      const { message, line, column } = json.error;
      return [`it is not JSON: ${message} at line ${line}, column ${column}`];
    }
    const validate = text.length > maxLength ? first : all;
    if (validate(json.value)) return [];
    return (validate.errors ?? []).slice(0, maxViolations).map(describe);
  };
}

function describe({ instancePath, message = "does not fit", params }: ErrorObject): string {
  const { additionalProperty, allowedValues } = params;
  const more = additionalProperty ?? allowedValues;
  const details = more === undefined ? "" : `: ${JSON.stringify(more)}`;
  return `${instancePath === "" ? "the whole" : instancePath}: ${message}${details}`.slice(0, 512);
}

function schemaOf(field: string, schemaJson: string): Json {
  const parsed = parseJson(schemaJson);
  if (!parsed.ok) throw new SettingFault("is not JSON; write a JSON schema as a text", { field });
  if (!isObject(parsed.value) && typeof parsed.value !== "boolean")
    throw new SettingFault("is no JSON schema; write an object", { field });
  return parsed.value;
}

function compile(field: string, schema: Json, allErrors: boolean): ValidateFunction<Json> {
  try {
    const ajv = new (loadAjv())({
      strict: false,
      allErrors,
      validateFormats: false,
      ownProperties: true,
      code: { regExp: linearExpressions },
    });
    ajv.removeKeyword("uniqueItems");
    ajv.addKeyword({ keyword: "uniqueItems", type: "array", validate: hasUniqueItems });
    return ajv.compile<Json>(schema as object | boolean);
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    const message = `is no JSON schema that can be used: ${reason}`;
    throw new SettingFault(message, { field, cause: error });
  }
}

/** Patterns in linear time in place of JavaScript's; ajv prints `code` only where it writes files. */
const linearExpressions = Object.assign(
  (pattern: string) => {
    const matches = compilePattern(pattern);
    // ajv takes two of the same text for the same expression.
    return { test: (text: string) => matches(text), toString: () => pattern };
  },
  { code: "linearExpressions" },
);

function hasUniqueItems(unique: boolean, items: readonly Json[]): boolean {
  return !unique || new Set(items.map(canonical)).size === items.length;
}

/** The same text for equal values. */
function canonical(value: Json): string {
  return JSON.stringify(value, (_key, member: Json) =>
    isObject(member)
      ? Object.fromEntries(
          Object.entries(member).toSorted(([one], [other]) => (one < other ? -1 : 1)),
        )
      : member,
  );
}

/** Loaded where a guard has a schema. */
function loadAjv(): typeof Ajv2020 {
  return createRequire(import.meta.url)("ajv/dist/2020.js").Ajv2020;
}
