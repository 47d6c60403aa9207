import type { ReasoningDelta } from "../../../../gen/parlance/chat/v1/event_pb.js";
import type { Reasoning } from "../../../../gen/parlance/chat/v1/part_pb.js";
import { LAST_SUMMARY } from "../../../events/answer-limits.ts";

/** The proof of another vendor's reasoning before anything of it came. */
export function createProof(): Reasoning {
  return {
    $typeName: "parlance.chat.v1.Reasoning",
    text: "",
    signature: "",
    encrypted: "",
    summaries: [],
    id: "",
    dialect: "",
  };
}

/**
 * Adds what the text of reasoning does not hold: its dialect, id, signature, encrypted form, and
 * its summaries as they are divided. `at`: the number of the summary.
 */
export function addProof(
  proof: Reasoning,
  { signature, encrypted, id, dialect, summary }: ReasoningDelta,
  at: number,
): void {
  proof.signature += signature;
  proof.encrypted += encrypted;
  if (id !== "") proof.id = id;
  if (dialect !== "") proof.dialect = dialect;
  if (summary === "") return;
  const place = Math.min(at, proof.summaries.length, LAST_SUMMARY);
  proof.summaries[place] = (proof.summaries[place] ?? "") + summary;
}
