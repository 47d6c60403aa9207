import type { FunctionTool } from "../../../gen/parlance/chat/v1/tool_pb.js";
import { sourceText } from "../../json/source-slice.ts";
import { noteUnknown, takeExtras } from "./notes/unknown-members.ts";
import { boolean, type Cursor, requiredName, string } from "./request-cursor.ts";

/** What a dialect calls the parts of a function that a client declares. */
export interface FunctionMembers {
  /** The dialect that members beside `known` are extras of. */
  readonly dialect: string;
  readonly known: ReadonlySet<string>;
  /** Where in the notes of the request those of the tool begin. */
  readonly since: number;
}

/** Reads a function whose members are flat; `schema` is its parameters, where it has any. */
export function decodeFunctionTool(
  tool: Cursor,
  schema: Cursor | undefined,
  { dialect, known, since }: FunctionMembers,
): FunctionTool {
  const strict = boolean(tool, "strict");
  noteUnknown(tool, known);
  return {
    $typeName: "parlance.chat.v1.FunctionTool",
    name: requiredName(tool, "name"),
    description: string(tool, "description") ?? "",
    parametersJson: schema === undefined ? "" : sourceText(schema.source, schema.json),
    ...(strict === undefined ? undefined : { strict }),
    extrasJson: takeExtras(tool, dialect, since),
  };
}
