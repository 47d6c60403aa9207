import { type Surroundings, variableOf } from "../surroundings.ts";
import { type Draft, mapping, mappingOrNone, scalar } from "../tree/draft.ts";
import type { Place } from "../tree/tree.ts";
import type { Read } from "../tree/values.ts";
import { type Sections, SettingReader } from "./sections.ts";

/** `observe`: the format and the level of the log. Undefined: nothing is said of them. */
export function logOf(
  sections: Sections,
  surroundings: Surroundings,
  at: Place,
): Draft | undefined {
  const read = new SettingReader(surroundings);
  const { litellm, general } = sections;
  const json = [litellm, general]
    .map((section) => read.flag(section.get("json_logs")?.value))
    .find((flag) => flag?.value === true);
  const level = levelOf(sections, read) ?? levelOfVariable(surroundings, at);
  const log = mappingOrNone(
    {
      format: json && scalar("JSON", json.at),
      level: level && scalar(level.value, level.at),
    },
    at,
  );
  return log && mapping({ log }, at);
}

/** What the sections say, of which the router alone has a level beside the switch. */
function levelOf(
  { litellm, general, router }: Sections,
  read: SettingReader,
): Read<string> | undefined {
  for (const tree of [
    litellm.get("set_verbose"),
    general.get("set_verbose"),
    general.get("debug"),
  ]) {
    const flag = read.flag(tree?.value);
    if (flag?.value === true) return { value: "DEBUG", at: flag.at };
  }
  const flag = read.flag(router.get("set_verbose")?.value);
  if (flag?.value !== true) return undefined;
  const level = read.text(router.get("debug_level")?.value);
  return { value: levels[level?.value.toUpperCase() ?? ""] ?? "INFO", at: level?.at ?? flag.at };
}

/** What LITELLM_LOG says, of the file or of the environment. */
function levelOfVariable(surroundings: Surroundings, at: Place): Read<string> | undefined {
  const value = levels[variableOf("LITELLM_LOG", surroundings)?.toUpperCase() ?? ""];
  return value === undefined ? undefined : { value, at };
}

const levels: Readonly<Record<string, string>> = {
  DEBUG: "DEBUG",
  INFO: "INFO",
  WARNING: "WARN",
  WARN: "WARN",
  ERROR: "ERROR",
  CRITICAL: "ERROR",
};
