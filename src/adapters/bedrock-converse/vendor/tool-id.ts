import type { ToolIdRules } from "../../shared/tool-ids.ts";

const VALID = /^[a-zA-Z0-9_-]{1,64}$/;

/**
 * What the vendor takes as ids of tool calls: `^[a-zA-Z0-9_-]{1,64}$`, see
 * https://docs.aws.amazon.com/bedrock/latest/APIReference/API_runtime_ToolUseBlock.html.
 */
export const toolIdRules: ToolIdRules = {
  valid: (id) => VALID.test(id),
  kept: 47,
  unnamed: "tooluse_unnamed",
};
