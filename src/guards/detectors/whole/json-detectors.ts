import type {
  JsonSchemaGuard,
  ToolsGuard,
} from "../../../../gen/parlance/config/v1/guard_whole_pb.js";
import type { Detector } from "../../../core/guard/detector.ts";
import { compileSchema, type JudgeJson } from "./compile-schema.ts";
import { wholeDetector } from "./whole-detectors.ts";

/** Finds texts that are not JSON of a schema. Throws SettingFault for a schema that is none. */
export function schemaDetector({ schemaJson }: JsonSchemaGuard): Detector {
  return wholeDetector(compileSchema("schema_json", schemaJson));
}

/**
 * Finds arguments of tools that may not be called, and those that do not fit. Other texts are not
 * looked at. Throws SettingFault for a schema that is none.
 */
export function toolDetector({ tools }: ToolsGuard): Detector {
  const judges = new Map<string, JudgeJson | undefined>(
    Object.entries(tools).map(([name, { schemaJson }]) => [
      name,
      schemaJson === "" ? undefined : compileSchema(`tools.${name}.schema_json`, schemaJson),
    ]),
  );
  return wholeDetector((text, { tool }) => {
    if (tool === undefined) return undefined;
    if (!judges.has(tool)) return "TOOL_NOT_ALLOWED";
    const judge = judges.get(tool);
    // No arguments are those of an empty object.
    return judge?.(text === "" ? "{}" : text) === undefined ? undefined : "TOOL_ARGUMENTS";
  });
}
