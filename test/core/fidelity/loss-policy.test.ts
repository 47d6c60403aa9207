import { describe, expect, it } from "vitest";
import { FieldOutcome, type FieldReport } from "../../../gen/parlance/call/v1/call_report_pb.js";
import { ErrorReason } from "../../../gen/parlance/error/v1/error_reason_pb.js";
import { lossFault } from "../../../src/core/fidelity/loss-policy.ts";

const entry = (field: string, outcome: FieldOutcome): FieldReport => ({
  $typeName: "parlance.call.v1.FieldReport",
  field,
  outcome,
  note: "so it is",
});

describe("strict", () => {
  it("names every field that is dropped or clamped", () => {
    const fault = lossFault([
      entry("user", FieldOutcome.MAPPED),
      entry("sampling.seed", FieldOutcome.DROPPED),
      entry("tool_choice", FieldOutcome.EMULATED),
      entry("sampling.temperature", FieldOutcome.CLAMPED),
    ]);
    expect(fault).toEqual({
      reason: ErrorReason.FIDELITY_LOSS,
      message:
        "strict: the target cannot honour sampling.seed, sampling.temperature; leave out what is lost, or call without strict",
      fields: [
        { field: "sampling.seed", message: "would be dropped: so it is" },
        { field: "sampling.temperature", message: "would be changed: so it is" },
      ],
    });
  });

  it("names as many of very many fields as an answer holds", () => {
    const lost = Array.from({ length: 1000 }, (_, at) =>
      entry(`messages[${at}].name`, FieldOutcome.DROPPED),
    );
    expect(lossFault(lost)?.fields).toHaveLength(64);
  });

  it("lets pass what is mapped, emulated or forwarded", () => {
    const { MAPPED, EMULATED, FORWARDED } = FieldOutcome;
    expect(
      lossFault([entry("a", MAPPED), entry("b", EMULATED), entry("c", FORWARDED)]),
    ).toBeUndefined();
  });
});
