import type { OperationName } from "../../../core/operation.ts";
import { everyId, type ToolIdRules } from "../../shared/tool-ids.ts";

const VALID = /^[a-zA-Z0-9_-]+$/;

/**
 * What the vendor takes as ids of tool calls: `^[a-zA-Z0-9_-]+$`, as it says where it refuses one.
 */
export const toolIdRules: ToolIdRules = {
  valid: (id) => VALID.test(id),
  kept: 48,
  unnamed: "toolu_unnamed",
};

/** Whether a body can go as it is: its results name calls by ids that the vendor takes. */
export function accepts(operation: OperationName, body: Uint8Array): boolean {
  return (
    (operation !== "chat" && operation !== "count_tokens") ||
    everyId(body, "tool_use_id", toolIdRules.valid)
  );
}
