import { ChatSchema } from "../../../gen/parlance/chat/v1/chat_pb.js";
import { EmbedSpecSchema } from "../../../gen/parlance/embed/v1/embedding_pb.js";
import { declareFidelity, each } from "../../core/fidelity/fidelity.ts";
import type { FidelityTable } from "../../core/fidelity/fidelity-table.ts";
import { declareRerank } from "../rerank/fidelity.ts";
import { withTurnFates } from "../turns/turn-fates.ts";
import { NAME } from "./wire.ts";

const sent = { forwarded: "" };
const unknown = { dropped: "the Chat API has no such thing" };
const noKnob = { dropped: "the vendor has no such knob" };
const part = "messages[].parts[]";
const citation = `${part}.text.citations[]`;
const wholeSources = { dropped: "the vendor cites whole sources" };
const extras = {
  forwarded: "",
  dropped: "a declared field says it, or it is written for another dialect",
  refused: "must be a JSON object",
};
const opaque = {
  forwarded: "",
  dropped: "written for another dialect",
  refused: "must be one JSON object",
};
const chosen = { dropped: "there is no tool to choose from" };

const ASKED = "asked for in the prompt, for the vendor takes no form beside tools or documents";

/** What the encoder makes of them. */
const fates: FidelityTable = {
  "messages[].role": {
    forwarded: "",
    mapped: "developer is sent as system; tool, where it brings no result, as user",
    refused: "a message without a role cannot be sent",
  },
  "messages[].name": { dropped: "the vendor knows no names of speakers" },
  "messages[].parts[].extras": {
    forwarded: "added to what the part is sent as",
    dropped: "members of another dialect, said by a declared field, or of what cannot hold them",
  },
  "messages[].extras_json": {
    forwarded: "added to the message",
    dropped:
      "the message is not sent, a declared field says it, or it is written for another dialect",
    refused: "must be a JSON object",
  },
  [part]: { forwarded: "", refused: "such content has no place in this message" },
  [`${part}.text`]: sent,
  [`${part}.text.citations`]: {
    forwarded: "",
    dropped: "only answers have citations, and of these only such as the vendor can say",
  },
  [`${citation}.web.encrypted_index`]: { dropped: "the vendor has no such reference" },
  [`${citation}.document.file_id`]: { dropped: "the vendor keeps no files for chats" },
  ...each(wholeSources, `${citation}.characters`, `${citation}.pages`, `${citation}.blocks`),
  [`${part}.image`]: {
    forwarded: "",
    mapped: "of a tool's result: sent in a user message after it",
    refused: "the vendor keeps no files for chats; send the picture or its address",
  },
  [`${part}.image.media_type`]: { forwarded: "", mapped: "a picture by address says it" },
  [`${part}.image.detail`]: {
    forwarded: "",
    clamped: "original is sent as high, the closest that the vendor looks",
  },
  [`${part}.audio`]: {
    mapped: "its transcript is sent as text",
    refused: "the Chat API takes no sound; send a transcript instead",
  },
  [`${part}.video`]: { refused: "the Chat API takes no video; send pictures of it instead" },
  [`${part}.document`]: {
    forwarded: "",
    mapped: "sent in documents, beside the conversation",
    dropped: "the vendor reads documents as text only",
    refused: "the vendor reads documents as text and fetches none; send the text instead",
  },
  [`${part}.document.media_type`]: { mapped: "what is sent is text" },
  [`${part}.document.citations_enabled`]: {
    mapped: "false is sent as citation_options.mode; true is the vendor's default",
    dropped: "the vendor cites all documents or none",
  },
  ...each(
    sent,
    `${part}.tool_call.id`,
    `${part}.tool_call.name`,
    `${part}.tool_call.arguments_json`,
  ),
  [`${part}.tool_call.text`]: { emulated: 'sent as {"input": text}' },
  [`${part}.tool_call.namespace`]: { dropped: "the vendor has no namespaces of tools" },
  [`${part}.tool_call.signature`]: { dropped: "the vendor signs no tool calls" },
  [`${part}.tool_result.tool_call_id`]: sent,
  [`${part}.tool_result.content`]: {
    forwarded: "",
    mapped: "pictures are sent in a user message after the result",
  },
  [`${part}.tool_result.is_error`]: {
    mapped: "not sent: results are taken to be good",
    dropped: "the vendor has no mark for failed tools",
  },
  [`${part}.tool_result.name`]: { mapped: "implied by the id of the call" },
  [`${part}.reasoning.text`]: { forwarded: "as thinking, or as the plan of tools that it was" },
  [`${part}.reasoning.summaries`]: {
    forwarded: "as thinking, where there is no text",
    dropped: "the reasoning itself is sent",
  },
  [`${part}.reasoning.id`]: {
    forwarded: "as tool_plan",
    dropped: "the vendor's reasoning has no id",
  },
  [`${part}.reasoning.signature`]: { dropped: "the vendor signs no reasoning" },
  [`${part}.reasoning.encrypted`]: { dropped: "only the vendor that encrypted it can read it" },
  [`${part}.refusal`]: { mapped: "sent as text" },
  [`${part}.opaque`]: opaque,
  ...each({ dropped: "the vendor caches by itself" }, `${part}.cache`, "tools[].cache", "cache"),
  "tools[].function": sent,
  "tools[].function.parameters_json": { forwarded: "", refused: "must be a JSON object" },
  "tools[].function.strict": {
    mapped: "sent as strict_tools; false is the vendor's default",
    dropped: "the vendor is strict with all tools or with none, and some of its models with none",
  },
  "tools[].function.extras_json": extras,
  "tools[].custom": { dropped: "the vendor has functions alone" },
  "tools[].namespace": { dropped: "the vendor has no namespaces of tools" },
  "tools[].builtin": opaque,
  tool_choice: { ...chosen, forwarded: "", mapped: "of no account without tools" },
  "tool_choice.mode": {
    ...chosen,
    forwarded: "",
    mapped: "auto is not sent: it is the vendor's default",
  },
  "tool_choice.name": {
    ...chosen,
    emulated: "only this tool is sent, as REQUIRED",
    refused: "names no tool",
  },
  "tool_choice.allowed.mode": {
    ...chosen,
    forwarded: "",
    mapped: "auto is not sent: it is the vendor's default",
  },
  "tool_choice.allowed.names": {
    ...chosen,
    emulated: "only the tools that may be used are sent",
    refused: "no tool",
  },
  "tool_choice.opaque": { ...opaque, refused: "must be one JSON value" },
  parallel_tool_calls: { mapped: "true is the vendor's default", ...noKnob },
  "response_format.text": sent,
  "response_format.json_object": { forwarded: "", emulated: ASKED },
  "response_format.json_schema.name": { mapped: "not sent; the vendor's format has no name" },
  "response_format.json_schema.description": { dropped: "the vendor's format has no description" },
  "response_format.json_schema.schema_json": {
    forwarded: "",
    emulated: ASKED,
    refused: "must be one JSON object",
  },
  "response_format.json_schema.strict": {
    mapped: "the vendor's format is always strict",
    dropped: "beside tools or documents the form is only asked for",
  },
  "response_format.opaque": { ...opaque, refused: "must be one JSON value" },
  ...each(sent, "sampling.temperature", "sampling.logprobs", "max_output_tokens"),
  "sampling.top_p": { forwarded: "", clamped: "the vendor takes 0.01 to 0.99" },
  "sampling.top_k": {
    forwarded: "",
    mapped: "-1 is sent as 0, which is all tokens",
    clamped: "the vendor takes 0 to 500",
  },
  ...each(
    { forwarded: "", clamped: "the vendor takes 0 to 1" },
    "sampling.frequency_penalty",
    "sampling.presence_penalty",
  ),
  "sampling.seed": { forwarded: "", dropped: "the vendor takes no seeds below 0" },
  "sampling.stop": { forwarded: "", dropped: "the vendor takes 5 stop texts at most" },
  ...each(
    noKnob,
    "sampling.min_p",
    "sampling.repetition_penalty",
    "sampling.logit_bias",
    "sampling.top_logprobs",
  ),
  n: {
    mapped: "1 is what the Chat API gives",
    refused: "the Chat API gives one answer; ask several times",
  },
  reasoning: { forwarded: "", ...noKnob },
  "reasoning.mode": {
    ...noKnob,
    forwarded: "",
    mapped: "adaptive is sent as enabled: the model decides how much",
  },
  "reasoning.effort": {
    mapped: "none is sent as thinking disabled; where there is a budget, it says the effort",
    emulated: "sent as a budget of tokens, or as none above high",
    dropped: "the mode or the vendor says otherwise",
  },
  "reasoning.budget_tokens": {
    forwarded: "",
    mapped: "0 is sent as thinking disabled",
    dropped: "the mode or the vendor says otherwise",
  },
  "reasoning.summary": {
    mapped: "the vendor tells thoughts in full",
    emulated: "the thinking in full is the summary",
    dropped: "the vendor tells thoughts in full",
  },
  store: { mapped: "nothing is kept", dropped: "the vendor keeps nothing" },
  previous_response_id: {
    refused: "the vendor keeps no responses: send the whole conversation",
  },
  modalities: { mapped: "the models answer in text", dropped: "the models answer in text" },
  ...each(unknown, "audio_output", "prediction", "verbosity", "web_search", "service_tier", "user"),
  ...each(unknown, "safety_identifier", "prompt_cache_key", "metadata"),
  extras_json: extras,
};

/** What becomes of the fields of a chat in `/v2/chat`. */
export const chatFidelity = declareFidelity(NAME, ChatSchema, withTurnFates(fates));

/** What becomes of the fields of a request for embeddings in `/v2/embed`. */
export const embedFidelity = declareFidelity(NAME, EmbedSpecSchema, {
  "inputs[].text": sent,
  "inputs[].tokens": { refused: "the Embed API takes no tokens; send the text" },
  "inputs[].image": { forwarded: "", refused: "the vendor keeps no files; send the picture" },
  "inputs[].image.media_type": { forwarded: "", mapped: "a picture by address says it" },
  "inputs[].image.detail": { dropped: "the Embed API has no such knob" },
  dimensions: sent,
  encoding: {
    forwarded: "",
    mapped: "numbers are requested; the gateway packs them where base64 is wanted",
    dropped: "embedding_types in extras_json says it",
  },
  user: { dropped: "the Embed API has no such thing" },
  input_type: { forwarded: "", mapped: "the vendor demands one, in its own words" },
  truncate: { forwarded: "", mapped: "sent in capital letters" },
  extras_json: extras,
});

/** What becomes of the fields of a rerank request, in any of the shapes that rows may declare. */
export const rerankFidelity = declareRerank({ dialect: NAME, shapes: ["cohere"], former: true });
