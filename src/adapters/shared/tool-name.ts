import type { Tool } from "../../../gen/parlance/chat/v1/tool_pb.js";

/** The name of a tool that the caller runs; "" for one of the vendor's. */
export function toolName({ tool }: Tool): string {
  return tool.case === "function" || tool.case === "custom" ? tool.value.name : "";
}
