import type { ToolIdRules } from "../../shared/tool-ids.ts";

const longest = 64;

/** What the vendor takes as ids of tool calls: 1 to 64 characters. */
export const toolIdRules: ToolIdRules = {
  valid: (id) => id.length <= longest,
  kept: longest - 17,
  unnamed: "call_unnamed",
};
