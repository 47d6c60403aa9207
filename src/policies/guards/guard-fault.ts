import { ErrorReason } from "../../../gen/parlance/error/v1/error_reason_pb.js";
import { GatewayError } from "../../core/faults/gateway-error.ts";
import type { Guard } from "../../core/guard/guard.ts";
import type { GuardStageName } from "../../core/guard/guard-note.ts";

/** What a call fails with in which a guard found something; it holds none of the text. */
export class GuardBlocked extends GatewayError {
  readonly guard: Guard;

  constructor(guard: Guard, stage: GuardStageName, kinds: readonly string[]) {
    const found = kinds.length === 0 ? "" : `: it found ${kinds.join(", ")}`;
    super({
      reason: ErrorReason.GUARD_BLOCKED,
      message: `the guard ${guard.name} blocked the ${stageWords[stage]}${found}`,
    });
    this.guard = guard;
  }
}

/** What a call fails with whose guard cannot be asked. `detail` is for the gateway's operator. */
export function guardUnavailable(name: string, why: string, detail = ""): GatewayError {
  return new GatewayError({
    reason: ErrorReason.GUARD_UNAVAILABLE,
    message: `the guard ${name} cannot say whether the call may pass: ${why}`,
    ...(detail === "" ? undefined : { detail }),
  });
}

const stageWords: Readonly<Record<GuardStageName, string>> = {
  input: "input",
  tool_results: "results of tools",
  output: "output",
  tool_arguments: "arguments of a tool",
  reasoning: "reasoning",
};
