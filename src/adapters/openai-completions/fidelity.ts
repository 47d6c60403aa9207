import { ChatSchema } from "../../../gen/parlance/chat/v1/chat_pb.js";
import { declareFidelity, each } from "../../core/fidelity/fidelity.ts";
import type { FidelityTable } from "../../core/fidelity/fidelity-table.ts";
import { promptFidelity } from "../prompt/fidelity.ts";
import { NAME } from "./wire.ts";

const sent = { forwarded: "" };
const knob = {
  forwarded: "",
  mapped: "the vendor does so anyway",
  dropped: "the vendor has no such knob",
};
const none = { dropped: "the vendor has no such knob" };

const shared: FidelityTable = {
  ...promptFidelity,
  ...each({ dropped: "a prompt has no tools" }, "tools", "tool_choice"),
  response_format: { mapped: "text is what the models give", ...none },
  ...each(sent, "sampling.temperature", "sampling.top_p", "max_output_tokens"),
};

/** What becomes of the fields of a chat in legacy Completions. */
export const completionsFidelity = declareFidelity(NAME, ChatSchema, {
  ...shared,
  "sampling.stop": {
    forwarded: "",
    emulated: "with the user's next line, so that the model does not speak for the user",
  },
  ...each(
    knob,
    "sampling.frequency_penalty",
    "sampling.presence_penalty",
    "sampling.seed",
    "sampling.logit_bias",
    "sampling.top_k",
    "sampling.min_p",
    "sampling.repetition_penalty",
    "n",
    "user",
  ),
  "sampling.logprobs": {
    forwarded: "as the number of alternatives",
    mapped: "none is what the vendor gives",
  },
  "sampling.top_logprobs": { forwarded: "as logprobs", dropped: "logprobs are not wanted" },
  extras_json: {
    forwarded: "added to the body",
    dropped: "a declared field says it, or it is no object, or in the words of another dialect",
  },
});

/** What becomes of the fields of a chat where the vendor fills in the middle. */
export const fimFidelity = declareFidelity(NAME, ChatSchema, {
  ...shared,
  "sampling.seed": { forwarded: "as random_seed" },
  "sampling.stop": sent,
  ...each(
    none,
    "sampling.frequency_penalty",
    "sampling.presence_penalty",
    "sampling.logit_bias",
    "sampling.top_k",
    "sampling.min_p",
    "sampling.repetition_penalty",
    "sampling.top_logprobs",
  ),
  "sampling.logprobs": { mapped: "none is what the vendor gives", ...none },
  extras_json: {
    forwarded: "suffix, min_tokens and metadata are added to the body",
    dropped: "in the words of another dialect, or the vendor has no such knob",
    refused: "must be a JSON object",
  },
});
