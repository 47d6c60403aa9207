import type { Event } from "../../gen/parlance/chat/v1/event_pb.js";

/**
 * Whether an event brings something of the answer itself: words, a tool call, a picture, sound, a
 * citation, or the finish of a choice. Openers, empty deltas, ends of parts, usage and extras bring
 * none.
 */
export function bringsContent({ event }: Event): boolean {
  switch (event.case) {
    case "textDelta":
    case "refusalDelta":
      return event.value.text !== "";
    case "reasoningDelta": {
      const { text, signature, encrypted, summary } = event.value;
      return text !== "" || signature !== "" || encrypted !== "" || summary !== "";
    }
    case "audioDelta":
      return event.value.data.length > 0 || event.value.transcript !== "";
    case "logprobsDelta": {
      const { content = [], refusal = [] } = event.value.logprobs ?? {};
      return content.length > 0 || refusal.length > 0;
    }
    case "toolCallStart":
    case "toolCallDelta":
    case "partWhole":
    case "citationAdd":
    case "finish":
      return true;
    case "messageStart":
    case "partEnd":
    case "usage":
    case "extrasSet":
    case "ping":
    case "continued":
    case undefined:
      return false;
  }
}
