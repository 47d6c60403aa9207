import { FinishReason } from "../../../gen/parlance/chat/v1/completion_pb.js";
import type { Event } from "../../../gen/parlance/chat/v1/event_pb.js";
import { AnswerFailure } from "../../../gen/parlance/config/v1/mid_stream_pb.js";
import { ErrorReason } from "../../../gen/parlance/error/v1/error_reason_pb.js";
import { type Fault, malformed } from "../../core/faults/fault.ts";
import { bringsContent } from "../../events/brings-content.ts";

/** Looks at an answer as it comes, for what counts as a failure of it. Belongs to one answer. */
export interface AnswerJudge {
  see(event: Event): void;
  /** Whether there is content, beside finishes. */
  hasContent(): boolean;
  /** Tokens of what came, by a rough estimate. */
  tokens(): number;
  /**
   * Why the answer counts as failed, once every choice that began has finished. Undefined: it does
   * not.
   */
  fault(): Fault | undefined;
}

/**
 * Makes one that goes by what fails. An answer of several choices fails where all of them do; the
 * first that was filtered or declined says why.
 */
export function createAnswerJudge(failures: ReadonlySet<AnswerFailure>): AnswerJudge {
  const choices = new Map<number, Judged>();
  let content = false;
  let tokens = 0;
  const choiceOf = (index: number): Judged => {
    const known = choices.get(index) ?? { content: false, fault: undefined, finished: false };
    choices.set(index, known);
    return known;
  };
  return {
    see(event) {
      tokens += tokensOf(event);
      const { case: kind, value } = event.event;
      if (kind === "finish") {
        const judged = choiceOf(value.choice);
        judged.finished = true;
        judged.fault = finishFault(value.reason, value.vendorReason, failures);
        return;
      }
      if (!bringsContent(event) || value === undefined) return;
      content = true;
      if ("choice" in value) choiceOf(value.choice).content = true;
    },
    hasContent: () => content,
    tokens: () => tokens,
    fault() {
      const all = [...choices.values()];
      if (all.length === 0 || !all.every(({ finished }) => finished)) return undefined;
      const faults = all.map((judged) => faultOf(judged, failures));
      if (!faults.every((fault) => fault !== undefined)) return undefined;
      return faults.find(({ reason }) => reason === refused) ?? faults[0];
    },
  };
}

interface Judged {
  content: boolean;
  finished: boolean;
  fault: Fault | undefined;
}

const refused = ErrorReason.UPSTREAM_CONTENT_POLICY;

function faultOf(
  { content, fault }: Judged,
  failures: ReadonlySet<AnswerFailure>,
): Fault | undefined {
  if (fault !== undefined) return fault;
  if (content || !failures.has(AnswerFailure.EMPTY)) return undefined;
  return malformed("the provider answered with nothing at all");
}

function finishFault(
  reason: FinishReason,
  vendorReason: string,
  failures: ReadonlySet<AnswerFailure>,
): Fault | undefined {
  const word = vendorReason === "" ? "" : ` (${vendorReason})`;
  const code = vendorReason === "" ? undefined : { upstreamCode: vendorReason };
  if (reason === FinishReason.CONTENT_FILTER && failures.has(AnswerFailure.CONTENT_FILTER))
    return { reason: refused, message: `the provider filtered the answer${word}`, ...code };
  if (reason === FinishReason.REFUSAL && failures.has(AnswerFailure.REFUSAL))
    return { reason: refused, message: `the model declined to answer${word}`, ...code };
  return undefined;
}

/** As many characters as a token has, roughly; of sound, bytes. */
const charactersOfToken = 4;

/** What a part that comes whole counts as, such as a picture. */
const tokensOfPart = 1000;

function tokensOf({ event }: Event): number {
  switch (event.case) {
    case "textDelta":
    case "refusalDelta":
    case "reasoningDelta":
      return Math.ceil(event.value.text.length / charactersOfToken);
    case "toolCallDelta":
      return Math.ceil(event.value.input.length / charactersOfToken);
    case "audioDelta":
      return Math.ceil(event.value.data.length / charactersOfToken);
    case "toolCallStart":
      return 1;
    case "partWhole":
      return tokensOfPart;
    default:
      return 0;
  }
}
