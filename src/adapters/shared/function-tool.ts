import type { FunctionTool } from "../../../gen/parlance/chat/v1/tool_pb.js";
import { unknownMembers } from "../../json/members.ts";
import { sourceText } from "../../json/source-slice.ts";
import { boolean, type Cursor, requiredName, string } from "./request-cursor.ts";

/** What a dialect calls the parts of a function that a client declares. */
export interface FunctionMembers {
  /** The dialect that members beside `known` are extras of. */
  readonly dialect: string;
  readonly known: ReadonlySet<string>;
}

/** Reads a function whose members are flat; `schema` is its parameters, where it has any. */
export function decodeFunctionTool(
  tool: Cursor,
  schema: Cursor | undefined,
  { dialect, known }: FunctionMembers,
): FunctionTool {
  const strict = boolean(tool, "strict");
  const extras = unknownMembers(tool.json, tool.source, known);
  return {
    $typeName: "parlance.chat.v1.FunctionTool",
    name: requiredName(tool, "name"),
    description: string(tool, "description") ?? "",
    parametersJson: schema === undefined ? "" : sourceText(schema.source, schema.json),
    ...(strict === undefined ? undefined : { strict }),
    extrasJson: extras === "" ? {} : { [dialect]: extras },
  };
}
