import type { ToolIdRules } from "../../shared/tool-ids.ts";

const VALID = /^[a-zA-Z0-9_-]+$/;

/**
 * What the vendor takes as ids of tool calls: `^[a-zA-Z0-9_-]+$`, as it says where it refuses one.
 */
export const toolIdRules: ToolIdRules = {
  valid: (id) => VALID.test(id),
  kept: 48,
  unnamed: "toolu_unnamed",
};
