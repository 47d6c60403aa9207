import { ChatSchema } from "../../../gen/parlance/chat/v1/chat_pb.js";
import { declareFidelity, each } from "../../core/fidelity/fidelity.ts";
import { promptFidelity } from "../prompt/fidelity.ts";
import { DIALECT } from "./wire.ts";

const sent = { forwarded: "" };
const noKnob = { dropped: "the server has no such knob" };

/**
 * What becomes of the fields of a chat in `/generate`; of a token count's, those that make the
 * prompt.
 */
export const chatFidelity = declareFidelity(DIALECT, ChatSchema, {
  ...promptFidelity,
  tools: { dropped: "the server's own API has no tools; its OpenAI endpoint has" },
  tool_choice: { dropped: "there are no tools to choose from" },
  "response_format.text": { mapped: "what the server gives" },
  "response_format.json_object": {
    dropped:
      "the server binds answers to schemas that name properties, and to no others; ask for one, or in words",
  },
  "response_format.json_schema.name": { mapped: "not sent; grammars have no names" },
  "response_format.json_schema.description": { dropped: "grammars have no descriptions" },
  "response_format.json_schema.schema_json": {
    forwarded: "as the grammar",
    refused: "must be one JSON object; none, for any JSON, is not known to the server",
  },
  "response_format.json_schema.strict": { mapped: "the answer is always bound to the grammar" },
  "response_format.opaque": {
    forwarded: "as the grammar",
    dropped: "written for another dialect",
    refused: "must be one JSON object",
  },
  "sampling.temperature": {
    forwarded: "",
    mapped: "0 is sent as do_sample: false, the likeliest token each time",
  },
  "sampling.top_p": {
    forwarded: "",
    mapped: "1 is left out, for all tokens is the default",
    clamped: "0.001 is sent, for the server refuses 0",
  },
  "sampling.top_k": { forwarded: "", mapped: "left out, for all tokens is the default" },
  "sampling.seed": { forwarded: "", dropped: "seeds are not negative" },
  ...each(
    sent,
    "sampling.stop",
    "sampling.repetition_penalty",
    "sampling.frequency_penalty",
    "max_output_tokens",
  ),
  ...each(noKnob, "sampling.min_p", "sampling.presence_penalty", "sampling.logit_bias"),
  "sampling.logprobs": { mapped: "sent as top_n_tokens, or not at all where none are requested" },
  "sampling.top_logprobs": {
    forwarded: "as top_n_tokens",
    mapped: "0 is sent as 1, for likelihoods come with the likeliest tokens",
    dropped: "logprobs are not requested",
  },
  extras_json: {
    forwarded: "",
    dropped: "a declared field says it, or it is no object, or written for another dialect",
  },
});
