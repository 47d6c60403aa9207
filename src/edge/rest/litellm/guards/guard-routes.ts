import { create } from "@bufbuild/protobuf";
import { GuardOutcome, GuardStage } from "../../../../../gen/parlance/call/v1/guard_report_pb.js";
import { ErrorReason } from "../../../../../gen/parlance/error/v1/error_reason_pb.js";
import {
  type Guard,
  GuardResultSchema,
  GuardSpecSchema,
} from "../../../../../gen/parlance/guard/v1/guard_spec_pb.js";
import { GatewayError } from "../../../../core/faults/gateway-error.ts";
import { expectMessage, guardTexts } from "../../../../core/operation.ts";
import type { Writable } from "../../../../json/write.ts";
import { type ManagementCall, type ServeManagement, warnOf } from "../management-call.ts";

const notHonoured = {
  language: "the settings of the guard say it",
  entities: "the settings of the guard say what it looks for",
};

/**
 * `POST /guardrails/apply_guardrail`: has a guard look at a text. Throws GUARD_BLOCKED where it
 * blocks.
 */
export const applyGuard: ServeManagement = async (call) => {
  const { members } = call;
  const name = members.neededText("guardrail_name");
  const text = members.text("text") ?? "";
  warnOf(call, notHonoured);
  const result = await check(call, name, text);
  if (result.outcome === GuardOutcome.BLOCK) throw blocked(name, result.verdicts[0]?.kinds ?? []);
  return { response_text: result.texts[0] ?? text };
};

async function check(call: ManagementCall, name: string, text: string) {
  const { engine, principal, header, caller } = call;
  const spec = { ...create(GuardSpecSchema, { guards: [name], texts: [text] }), extrasJson: {} };
  const { body } = await engine.handle(
    engine.begin({
      model: "",
      request: { operation: guardTexts, stream: false, message: () => spec },
      header,
      principal,
      clientAddress: caller.address,
    }),
  );
  if (body.kind !== "whole") throw new Error("texts were answered with a stream");
  return expectMessage(body.result(), GuardResultSchema);
}

function blocked(name: string, kinds: readonly string[]): GatewayError {
  const found = kinds.length === 0 ? "" : `: it found ${kinds.join(", ")}`;
  const message = `the guard ${name} blocks the text${found}`;
  return new GatewayError({ reason: ErrorReason.GUARD_BLOCKED, message });
}

/** `GET /guardrails/list`: the guards that a caller may have look at texts. */
export const listGuards: ServeManagement = async ({ engine }) => ({
  guardrails: engine.guards().map(guardInfo),
});

function guardInfo(guard: Guard): Writable {
  const { name, kind, default: byDefault } = guard;
  return {
    guardrail_name: name,
    litellm_params: { guardrail: kind, mode: modesOf(guard), default_on: byDefault },
    guardrail_info: null,
  };
}

/** LiteLLM's words for when a guard looks. */
function modesOf({ stages, besideModel }: Guard): readonly string[] {
  const ofRequest = besideModel ? "during_call" : "pre_call";
  const isOfRequest = (stage: GuardStage) =>
    stage === GuardStage.INPUT || stage === GuardStage.TOOL_RESULTS;
  return [...new Set(stages.map((stage) => (isOfRequest(stage) ? ofRequest : "post_call")))];
}
