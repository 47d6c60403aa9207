import type { OperationName } from "../../../core/operation.ts";
import { everyId, type ToolIdRules } from "../../shared/tool-ids.ts";

const longest = 64;

/** What the vendor takes as ids of tool calls: 1 to 64 characters. */
export const toolIdRules: ToolIdRules = {
  valid: (id) => id.length <= longest,
  kept: longest - 17,
  unnamed: "call_unnamed",
};

/** Whether a body can go as it is: its results name calls by ids that the vendor takes. */
export function accepts(operation: OperationName, body: Uint8Array): boolean {
  return operation !== "chat" || everyId(body, "call_id", toolIdRules.valid);
}
