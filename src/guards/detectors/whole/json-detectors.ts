import type {
  JsonSchemaGuard,
  ToolsGuard,
} from "../../../../gen/parlance/config/v1/guard_whole_pb.js";
import type { Detector } from "../../../core/guard/detector.ts";
import type { AnswerRepair } from "../../../core/guard/guard.ts";
import { compileSchema, describeViolations, type JudgeJson } from "./compile-schema.ts";
import { wholeDetector } from "./whole-detectors.ts";

/** Finds texts that are not JSON of a schema. Throws SettingFault for a schema that is none. */
export function schemaDetector({ schemaJson }: JsonSchemaGuard): Detector {
  return { ...wholeDetector(compileSchema("schema_json", schemaJson)), beside: "nothing" };
}

/** How answers that do not fit a schema are mended; undefined where they are not. */
export function answerRepair({ repair, schemaJson }: JsonSchemaGuard): AnswerRepair | undefined {
  if (repair === undefined) return undefined;
  const violationsOf = describeViolations("schema_json", schemaJson);
  return {
    attempts: repair.attempts ?? 1,
    question: (text) => {
      const violations = violationsOf(text);
      if (violations.length === 0) return undefined;
      const list = violations.map((violation) => `- ${violation}`).join("\n");
      return `Your last answer is not what it has to be:
${list}

It has to be JSON of this schema:
${schemaJson}

Write the corrected JSON alone, all of it, without a word or a mark around it.`;
    },
  };
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
