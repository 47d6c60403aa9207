import type { Tool } from "../../../../gen/parlance/chat/v1/tool_pb.js";
import { isObject, type JsonObject } from "../../../json/json.ts";
import { unknownMembers } from "../../../json/members.ts";
import {
  elementSources,
  memberSource,
  type Source,
  sourceText,
} from "../../../json/source-slice.ts";
import { array, blame, object, type Reader, string } from "../../shared/request-reader.ts";
import { DIALECT } from "../wire.ts";

const KNOWN: ReadonlySet<string> = new Set(["type", "function"]);

/** Reads tools. What is not a function is kept in its own words. */
export function decodeTools(reader: Reader, json: JsonObject, source: Source): Tool[] {
  const sourceAt = elementSources(memberSource(source, "tools"));
  return (array(reader, json, "tools") ?? []).flatMap((item, at) => {
    if (isObject(item))
      return [
        { $typeName: "parlance.chat.v1.Tool", tool: decodeTool(reader, item, sourceAt(at), at) },
      ];
    blame(reader, `tools[${at}]`, "must be an object");
    return [];
  });
}

function decodeTool(reader: Reader, json: JsonObject, source: Source, at: number): Tool["tool"] {
  const path = `tools[${at}]`;
  if ((json.type ?? "function") !== "function") {
    const value = {
      $typeName: "parlance.chat.v1.Opaque",
      dialect: DIALECT,
      json: sourceText(source, json),
    } as const;
    return { case: "builtin", value };
  }
  const called = object(reader, json, "function", path) ?? {};
  const name = string(reader, called, "name", `${path}.function`) ?? "";
  if (name === "") blame(reader, `${path}.function.name`, "is required");
  const parameters = object(reader, called, "parameters", `${path}.function`);
  const parametersSource = memberSource(memberSource(source, "function"), "parameters");
  const extras = unknownMembers(json, source, KNOWN);
  return {
    case: "function",
    value: {
      $typeName: "parlance.chat.v1.FunctionTool",
      name,
      description: string(reader, called, "description", `${path}.function`) ?? "",
      parametersJson: parameters === undefined ? "" : sourceText(parametersSource, parameters),
      extrasJson: extras === "" ? {} : { [DIALECT]: extras },
    },
  };
}
