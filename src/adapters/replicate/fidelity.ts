import { ChatSchema } from "../../../gen/parlance/chat/v1/chat_pb.js";
import { declareFidelity, each } from "../../core/fidelity/fidelity.ts";
import { JOINED, promptFidelity } from "../prompt/fidelity.ts";
import { DIALECT } from "./wire.ts";

const sent = { forwarded: "" };
const none = { dropped: "the vendor's language models have no such input" };

/** What becomes of the fields of a chat in a prediction. */
export const chatFidelity = declareFidelity(DIALECT, ChatSchema, {
  ...promptFidelity,
  messages: {
    ...promptFidelity.messages,
    mapped: `instructions that stand first are sent as system_prompt; ${JOINED}`,
  },
  ...each(none, "tools", "tool_choice"),
  response_format: { mapped: "text is what the models give", ...none },
  ...each(sent, "sampling.temperature", "sampling.top_p", "sampling.top_k", "sampling.seed"),
  ...each(sent, "sampling.presence_penalty", "sampling.frequency_penalty"),
  "sampling.stop": {
    mapped: "sent as input.stop_sequences",
    dropped: "the vendor parts stop sequences by commas",
  },
  ...each(
    none,
    "sampling.min_p",
    "sampling.repetition_penalty",
    "sampling.logit_bias",
    "sampling.top_logprobs",
  ),
  "sampling.logprobs": { mapped: "none is what the vendor gives", ...none },
  max_output_tokens: { mapped: "sent as input.max_tokens" },
  extras_json: {
    forwarded: "",
    dropped: "a declared field says it, or it is no object, or written for another dialect",
  },
});
