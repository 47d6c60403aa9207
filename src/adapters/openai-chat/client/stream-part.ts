import type { Citation } from "../../../../gen/parlance/chat/v1/citation_pb.js";
import type {
  AudioDelta,
  Event,
  ReasoningDelta,
} from "../../../../gen/parlance/chat/v1/event_pb.js";
import type { Part, Reasoning } from "../../../../gen/parlance/chat/v1/part_pb.js";
import { LAST_SUMMARY } from "../../../events/answer-limits.ts";
import { printBase64 } from "../../../json/base64.ts";
import { encodeAnnotation, encodeOtherCitation } from "../citation.ts";
import { encodeBlock, encodeDetails, isBlock } from "../reasoning.ts";
import type { Draft } from "../wire.ts";
import {
  encodeImage,
  encodeMessage,
  encodeOther,
  encodeSignature,
  encodeSpecific,
  encodeToolCall,
} from "./response-message.ts";
import { addText, type FacadeChoice, type ReasoningSoFar } from "./stream-state.ts";

/** Events that add to a choice, but for text, which has a path of its own. */
export type DeltaEvent = Extract<
  Event["event"],
  {
    case:
      | "reasoningDelta"
      | "refusalDelta"
      | "toolCallStart"
      | "toolCallDelta"
      | "audioDelta"
      | "partWhole"
      | "citationAdd";
  }
>;

/** What an event adds to a choice, as OpenAI deltas. */
export function encodeDelta(
  choice: FacadeChoice,
  event: DeltaEvent,
  callId: string,
): readonly Draft[] {
  switch (event.case) {
    case "reasoningDelta":
      return encodeReasoning(choice, event.value);
    case "refusalDelta":
      return event.value.text === "" ? [] : [{ refusal: event.value.text }];
    case "toolCallStart": {
      const { part, id, name, custom, signature } = event.value;
      const index = choice.calls.size;
      const shared: Draft = { index, id: id === "" ? fallbackId(choice, callId) : id };
      const extra = signature === "" ? undefined : encodeSignature(signature);
      const call: Draft = custom
        ? { ...shared, type: "custom", custom: { name, input: "" }, extra_content: extra }
        : { ...shared, type: "function", function: { name, arguments: "" }, extra_content: extra };
      choice.calls.set(part, { index, custom, fed: custom });
      return [{ tool_calls: [call] }];
    }
    case "toolCallDelta":
      return encodeInput(choice, event.value.part, event.value.input, event.value.signature);
    case "audioDelta":
      return [{ audio: encodeAudio(event.value) }];
    case "citationAdd":
      return event.value.citation === undefined
        ? []
        : [encodeCitation(choice, event.value.citation)];
    case "partWhole":
      return event.value.content === undefined
        ? []
        : encodeWhole(choice, event.value.part, event.value.content, callId);
  }
}

/**
 * What the end of a part adds: reasoning that has no proof, and yet more than its text, such as its
 * id, and reasoning whose proof has grown since it was sent.
 */
export function encodePartEnd(choice: FacadeChoice, part: number): Draft | undefined {
  const reasoning = choice.reasonings.get(part);
  if (reasoning === undefined || reasoning.proof === "sent") return undefined;
  if (reasoning.proof === "none" && reasoning.id === "") return undefined;
  return tellProof(choice, reasoning);
}

/** The proofs that have grown since they were sent, at the end of a choice. */
export function encodeOutdated(choice: FacadeChoice): readonly Draft[] {
  return Array.from(choice.outdated, (reasoning) => tellProof(choice, reasoning));
}

/** The arguments of calls that have none, at the end of a choice: clients parse them as JSON. */
export function encodeUnfed(choice: FacadeChoice): readonly Draft[] {
  const unfed = Array.from(choice.calls.values()).filter(({ fed }) => !fed);
  for (const call of unfed) call.fed = true;
  return unfed.map(({ index }) => ({ tool_calls: [{ index, function: { arguments: "{}" } }] }));
}

function encodeInput(
  choice: FacadeChoice,
  part: number,
  input: string,
  signature: string,
): readonly Draft[] {
  const call = choice.calls.get(part);
  if (call === undefined) return [];
  if (input !== "") call.fed = true;
  const extra = signature === "" ? undefined : encodeSignature(signature);
  const body: Draft = call.custom ? { custom: { input } } : { function: { arguments: input } };
  return [{ tool_calls: [{ index: call.index, ...body, extra_content: extra }] }];
}

/**
 * Text goes out at once; a signed or structured part follows as a whole when its proof arrives, for
 * clients keep that one. Where more of the proof follows, the whole is sent again at its end and
 * not with each piece.
 */
function encodeReasoning(choice: FacadeChoice, delta: ReasoningDelta): readonly Draft[] {
  const reasoning = reasoningAt(choice, delta.part);
  reasoning.text += delta.text;
  reasoning.signature += delta.signature;
  reasoning.encrypted += delta.encrypted;
  addSummary(reasoning.summaries, delta);
  if (delta.id !== "") reasoning.id = delta.id;
  if (delta.dialect !== "") reasoning.dialect = delta.dialect;
  const deltas: Draft[] = [];
  const words = delta.text + delta.summary;
  if (words !== "") deltas.push({ reasoning_content: words });
  if (delta.signature === "" && delta.encrypted === "") return deltas;
  if (reasoning.proof === "none") deltas.push(tellProof(choice, reasoning));
  else {
    reasoning.proof = "outdated";
    choice.outdated.add(reasoning);
  }
  return deltas;
}

function reasoningAt(choice: FacadeChoice, part: number): ReasoningSoFar {
  const known = choice.reasonings.get(part);
  if (known !== undefined) return known;
  const reasoning: ReasoningSoFar = {
    part,
    text: "",
    signature: "",
    encrypted: "",
    summaries: [],
    id: "",
    dialect: "",
    proof: "none",
  };
  choice.reasonings.set(part, reasoning);
  return reasoning;
}

function addSummary(summaries: string[], { summary, summaryIndex = 0 }: ReasoningDelta): void {
  if (summary === "") return;
  const at = Math.min(summaryIndex, summaries.length, LAST_SUMMARY);
  summaries[at] = (summaries[at] ?? "") + summary;
}

function tellProof(choice: FacadeChoice, reasoning: ReasoningSoFar): Draft {
  const { part, proof: _proof, summaries, ...members } = reasoning;
  reasoning.proof = "sent";
  choice.outdated.delete(reasoning);
  const whole: Reasoning = {
    $typeName: "parlance.chat.v1.Reasoning",
    ...members,
    summaries: [...summaries],
  };
  return isBlock(whole)
    ? { thinking_blocks: [encodeBlock(whole)] }
    : { reasoning_details: encodeDetails(whole, part) };
}

function encodeAudio({ answerId, data, transcript, expiresAtUnixS }: AudioDelta): Draft {
  return {
    id: answerId === "" ? undefined : answerId,
    data: data.length === 0 ? undefined : printBase64(data),
    transcript: transcript === "" ? undefined : transcript,
    expires_at: expiresAtUnixS === undefined ? undefined : Number(expiresAtUnixS),
  };
}

function encodeCitation(choice: FacadeChoice, citation: Citation): Draft {
  const start = choice.textStart + (citation.answer?.start ?? 0);
  const end =
    citation.answer === undefined ? choice.length : choice.textStart + citation.answer.end;
  const placed = {
    ...citation,
    answer: { $typeName: "parlance.chat.v1.Range", start, end },
  } as const;
  const annotation = encodeAnnotation(placed);
  if (annotation !== undefined) return { annotations: [annotation] };
  return { provider_specific_fields: encodeSpecific([encodeOtherCitation(placed)], []) };
}

function encodeWhole(
  choice: FacadeChoice,
  part: number,
  { content }: Part,
  callId: string,
): readonly Draft[] {
  switch (content.case) {
    case "toolCall": {
      const index = choice.calls.size;
      const call = encodeToolCall(content.value, fallbackId(choice, callId));
      choice.calls.set(part, { index, custom: content.value.input.case === "text", fed: true });
      return [{ tool_calls: [{ index, ...call }] }];
    }
    case "text": {
      addText(choice, part, content.value.text.length);
      const cited = content.value.citations.map((citation) => encodeCitation(choice, citation));
      return content.value.text === "" ? cited : [{ content: content.value.text }, ...cited];
    }
    case "image": {
      const image = encodeImage(content.value);
      return image === undefined ? [] : [{ images: [image] }];
    }
    case "opaque":
      return [
        {
          provider_specific_fields: encodeSpecific(
            [],
            [encodeOther(content.value.dialect, content.value.json)],
          ),
        },
      ];
    case "reasoning":
    case "refusal":
    case "audio":
      return [onlyMembers(content)];
    case "video":
    case "document":
    case "toolResult":
    case undefined:
      return [];
  }
}

/** The members that a whole message would have for this one part. */
function onlyMembers(content: Part["content"]): Draft {
  const parts: Part[] = [{ $typeName: "parlance.chat.v1.Part", content }];
  const message = encodeMessage(
    { $typeName: "parlance.chat.v1.Message", role: 4, parts, name: "", text: "", extrasJson: {} },
    "",
  );
  const { role: _role, content: _content, refusal, ...rest } = message;
  return refusal === null ? rest : { ...rest, refusal };
}

function fallbackId(choice: FacadeChoice, callId: string): string {
  return `call_${callId}${choice.index === 0 ? "" : `_${choice.index}`}_${choice.calls.size}`;
}
