import { firstBroken } from "../first-broken.ts";
import { asArray, asObject, asObjects, asString, isSet, type JsonObject } from "../json-value.ts";
import { validateSchema } from "./validate-schema.ts";

const namePattern = /^[a-zA-Z_][a-zA-Z0-9_.:-]{0,127}$/;
const modes = ["MODE_UNSPECIFIED", "AUTO", "ANY", "NONE", "VALIDATED"];

/**
 * The first fault in `tools` and `toolConfig`, or undefined.
 * https://ai.google.dev/api/caching#FunctionDeclaration (2026-11)
 */
export function validateTools(body: JsonObject): string | undefined {
  for (const [index, tool] of asObjects(body.tools).entries()) {
    for (const [position, declaration] of asObjects(tool.functionDeclarations).entries()) {
      const at = `GenerateContentRequest.tools[${index}].function_declarations[${position}]`;
      const fault = validateDeclaration(declaration, at);
      if (fault !== undefined) return fault;
    }
  }
  const names = declaredNames(body);
  const twice = names.find((name, position) => names.indexOf(name) !== position);
  if (twice !== undefined) return `Duplicate function declaration found: ${twice}`;
  return validateCallingConfig(
    asObject(asObject(body.toolConfig)?.functionCallingConfig) ?? {},
    names,
  );
}

function declaredNames(body: JsonObject): readonly string[] {
  return asObjects(body.tools).flatMap((tool) =>
    asObjects(tool.functionDeclarations).map((declaration) => asString(declaration.name) ?? ""),
  );
}

function validateDeclaration(declaration: JsonObject, at: string): string | undefined {
  return (
    firstBroken([
      [
        !namePattern.test(asString(declaration.name) ?? ""),
        `* ${at}.name: Invalid function name. Must start with a letter or an underscore. Must be alphameric (a-z, A-Z, 0-9), underscores (_), dots (.), colons (:), or dashes (-), with a maximum length of 128.\n`,
      ],
      [
        isSet(declaration.parameters) && isSet(declaration.parametersJsonSchema),
        `* ${at}: only one of parameters and parameters_json_schema can be set.\n`,
      ],
      [
        isSet(declaration.parametersJsonSchema) &&
          asObject(declaration.parametersJsonSchema)?.type !== "object",
        `* ${at}.parameters_json_schema: schema must be of type object.\n`,
      ],
    ]) ??
    (isSet(declaration.parameters)
      ? validateSchema(declaration.parameters, `${at}.parameters`)
      : undefined)
  );
}

function validateCallingConfig(config: JsonObject, names: readonly string[]): string | undefined {
  const mode = asString(config.mode) ?? "AUTO";
  const allowed = asArray(config.allowedFunctionNames);
  const stray = allowed.find((name) => !names.includes(asString(name) ?? ""));
  return firstBroken([
    [
      !modes.includes(mode),
      `Invalid value at 'tool_config.function_calling_config.mode' (type.googleapis.com/google.ai.generativelanguage.v1beta.FunctionCallingConfig.Mode), "${mode}"`,
    ],
    [
      mode === "ANY" && names.length === 0,
      "Function calling config is set without function_declarations.",
    ],
    [
      allowed.length > 0 && mode !== "ANY" && mode !== "VALIDATED",
      "Allowed function names can only be set when the function calling mode is ANY or VALIDATED.",
    ],
    [
      stray !== undefined,
      `* GenerateContentRequest.tool_config.function_calling_config.allowed_function_names: ${JSON.stringify(stray)} is not declared.\n`,
    ],
  ]);
}
