import { ChatSchema } from "../../../gen/parlance/chat/v1/chat_pb.js";
import { EmbedSpecSchema } from "../../../gen/parlance/embed/v1/embedding_pb.js";
import { declareFidelity, each } from "../../core/fidelity/fidelity.ts";
import type { FidelityTable } from "../../core/fidelity/fidelity-table.ts";
import { withTurnFates } from "../turns/turn-fates.ts";
import { NAME } from "./wire.ts";

const sent = { forwarded: "" };
const knob = {
  forwarded: "",
  mapped: "the vendor does so anyway",
  dropped: "the vendor has no such knob",
};
const marked = {
  forwarded: "by vendors that take marks, in their words",
  dropped: "the vendor caches by itself, and takes no mark here",
};
const part = "messages[].parts[]";
const words = "the vendor takes only the words of reasoning back";
const extras = {
  forwarded: "",
  dropped: "written for another dialect, or a declared field says it",
  refused: "must be a JSON object",
};
const opaque = (what: string) => ({
  forwarded: "",
  dropped: `${what} of another dialect`,
  refused: "must be one JSON object",
});

/** What the encoder makes of them. */
const fates: FidelityTable = {
  "messages[].role": {
    forwarded: "",
    mapped:
      "developer is sent as system where the vendor has no such role; tool as user, but for results",
    refused: "a message needs a role",
  },
  "messages[].name": { forwarded: "", dropped: "the vendor takes no names of speakers" },
  "messages[].parts[].extras": {
    forwarded: "added to what the part is sent as",
    dropped: "members of another dialect, said by a declared field, or of what cannot hold them",
  },
  "messages[].extras_json": extras,
  [part]: {
    forwarded: "",
    emulated: "sent in a user message, for only that can hold it",
    refused: "cannot be sent in this place",
  },
  [`${part}.text`]: sent,
  [`${part}.text.citations`]: { dropped: "the vendor takes no citations back" },
  [`${part}.image`]: { forwarded: "", refused: "has no source" },
  [`${part}.image.file_id`]: { refused: "the vendor takes pictures as bytes or by address" },
  [`${part}.image.media_type`]: { forwarded: "in a data URL", mapped: "the vendor finds it out" },
  [`${part}.audio`]: {
    forwarded: "",
    mapped: "implied by the id of the answer",
    refused: "the vendor takes sound as bytes or by address, and its own by the id of the answer",
  },
  [`${part}.audio.format`]: {
    forwarded: "",
    mapped: "the vendor finds it out, or is implied by the id of the answer",
  },
  [`${part}.audio.transcript`]: {
    mapped: "implied by the id of the answer",
    dropped: "the sound itself is sent",
  },
  [`${part}.audio.answer_id`]: { forwarded: "", dropped: "the sound itself is sent" },
  [`${part}.audio.expires_at_unix_s`]: { mapped: "of no account to the vendor" },
  [`${part}.video`]: { forwarded: "as video_url", refused: "has no source" },
  [`${part}.video.file_id`]: { refused: "the vendor takes videos as bytes or by address" },
  [`${part}.video.media_type`]: { forwarded: "in a data URL", mapped: "the vendor finds it out" },
  [`${part}.document`]: { forwarded: "", refused: "has no source" },
  [`${part}.document.url`]: { refused: "the vendor takes documents as bytes or by id" },
  [`${part}.document.text`]: { emulated: "sent as text" },
  [`${part}.document.content`]: { emulated: "the pieces are sent as parts" },
  [`${part}.document.media_type`]: {
    forwarded: "in a data URL",
    mapped: "the vendor knows that of its files, and words are sent as text",
  },
  [`${part}.document.title`]: {
    forwarded: "as filename",
    emulated: "sent as text before the words",
  },
  [`${part}.document.context`]: { dropped: "the vendor has no context of documents" },
  [`${part}.document.citations_enabled`]: {
    mapped: "the vendor cites no documents",
    dropped: "the vendor cites no documents",
  },
  [`${part}.tool_call`]: sent,
  [`${part}.tool_call.id`]: {
    forwarded: "",
    mapped: "rewritten as the vendor takes ids, for call and result alike",
  },
  [`${part}.tool_call.namespace`]: { dropped: "the vendor has no namespaces of tools" },
  [`${part}.tool_call.signature`]: {
    forwarded: "",
    dropped: "the vendor takes no signatures back",
  },
  [`${part}.tool_result.tool_call_id`]: {
    forwarded: "",
    mapped: "rewritten as the vendor takes ids, for call and result alike",
  },
  [`${part}.tool_result.content`]: {
    forwarded: "",
    emulated: "what is not text is sent in a user message, for only that can hold it",
    refused: "cannot be sent in this place",
  },
  [`${part}.tool_result.name`]: { mapped: "implied by the id of the call" },
  [`${part}.tool_result.is_error`]: {
    mapped: "success is what the vendor takes a result for",
    dropped: "the vendor has no mark for failed tools",
  },
  [`${part}.reasoning`]: {
    forwarded: "as the vendor's field for it",
    dropped: "the vendor takes no reasoning back",
  },
  ...each(
    { forwarded: "in reasoning_details", dropped: words },
    `${part}.reasoning.signature`,
    `${part}.reasoning.encrypted`,
    `${part}.reasoning.id`,
  ),
  [`${part}.reasoning.summaries`]: {
    forwarded: "in reasoning_details",
    mapped: "sent as the words of reasoning",
    dropped: words,
  },
  [`${part}.refusal`]: { forwarded: "", emulated: "sent as text: the vendor has no refusals" },
  [`${part}.opaque`]: opaque("content"),
  [`${part}.cache`]: marked,
  [`${part}.cache.ttl`]: {
    forwarded: "by vendors that take cache_control",
    dropped: "the vendor keeps times of its own",
  },
  tools: knob,
  "tools[].function": knob,
  "tools[].function.parameters_json": { ...knob, refused: "must be a JSON object" },
  "tools[].custom.extras": {
    forwarded: "added to the tool",
    dropped: "members of another dialect, or said by a declared field",
  },
  "tools[].function.extras_json": { ...extras, forwarded: "added to the tool" },
  "tools[].custom": knob,
  "tools[].custom.format_json": { ...knob, refused: "must be a JSON object" },
  "tools[].namespace": { dropped: "the vendor has no namespaces of tools" },
  "tools[].builtin": {
    ...opaque("a tool"),
    mapped: "a web search of another dialect is sent as web_search_options",
  },
  "tools[].cache": marked,
  tool_choice: {
    forwarded: "",
    mapped: "the vendor does so anyway",
    dropped: "no tool is left to choose from, or the vendor has no such rule",
  },
  "tool_choice.opaque": opaque("a rule"),
  parallel_tool_calls: {
    forwarded: "",
    mapped: "of no account where no tool is left",
    dropped: "the vendor has no such knob",
  },
  response_format: knob,
  "response_format.json_schema": {
    ...knob,
    emulated: "requested in the prompt; only JSON is enforced",
  },
  "response_format.json_schema.schema_json": {
    ...knob,
    emulated: "requested in the prompt; only JSON is enforced",
    refused: "must be a JSON object",
  },
  "response_format.json_schema.strict": {
    forwarded: "",
    mapped: "only JSON is enforced",
    dropped: "only JSON is enforced",
  },
  "response_format.opaque": opaque("a format"),
  ...each(
    knob,
    "sampling.temperature",
    "sampling.top_p",
    "sampling.top_k",
    "sampling.min_p",
    "sampling.stop",
  ),
  ...each(
    knob,
    "sampling.frequency_penalty",
    "sampling.presence_penalty",
    "sampling.repetition_penalty",
  ),
  ...each(
    knob,
    "sampling.seed",
    "sampling.logprobs",
    "sampling.top_logprobs",
    "sampling.logit_bias",
  ),
  ...each(knob, "n", "max_output_tokens"),
  reasoning: knob,
  "reasoning.mode": {
    mapped:
      "disabled is sent as reasoning_effort none, or in the vendor's own words; adaptive is the vendor's default, or reasoning_effort says it",
    emulated: "enabled is sent as reasoning_effort medium",
    dropped: "the vendor has no such knob",
  },
  "reasoning.effort": {
    forwarded: "as reasoning_effort",
    mapped: "none is sent in the vendor's own words",
    emulated: "thinking is switched on, for the model knows no levels",
    dropped: "thinking is switched off, or the vendor has no such knob",
  },
  "reasoning.budget_tokens": {
    emulated:
      "sent as reasoning_effort: none for 0, low up to 2048 tokens, medium up to 8192, high above",
    mapped: "sent in the vendor's own words",
    clamped: "0 is sent as the lowest effort that the model takes",
    dropped: "reasoning_effort says it, thinking is switched off, or the vendor has no such knob",
  },
  "reasoning.summary": {
    emulated: "the thinking that the vendor shows is the summary",
    dropped: "thinking is switched off, is not shown in this dialect, or cannot be left out",
  },
  service_tier: {
    forwarded: "",
    mapped: "the usual tier of other vendors is sent as default",
    dropped: "a call cannot be made part of a batch, or the vendor has no tiers",
  },
  ...each(knob, "modalities", "audio_output", "prediction", "verbosity", "web_search"),
  store: { ...knob, mapped: "the vendor keeps nothing" },
  "prediction.content[].citations": { dropped: "the vendor takes no citations back" },
  ...each(knob, "user", "safety_identifier", "prompt_cache_key", "metadata"),
  previous_response_id: {
    refused: "the vendor keeps no responses: send the whole conversation",
  },
  cache: marked,
  extras_json: { ...extras, forwarded: "added to the body" },
};

/** What becomes of the fields of a chat in Chat Completions. */
export const chatFidelity = declareFidelity(NAME, ChatSchema, withTurnFates(fates));

const own = { forwarded: "", mapped: "sent under the vendor's own name for it" };

/**
 * What becomes of the fields of a request for embeddings, under OpenAI's names or, where the row
 * says so, another vendor's.
 */
export const embedFidelity = declareFidelity(NAME, EmbedSpecSchema, {
  inputs: { forwarded: "", refused: "texts and tokens cannot be sent in one call" },
  "inputs[].text": sent,
  "inputs[].tokens": sent,
  "inputs[].image": { refused: "the vendor embeds no pictures in this dialect" },
  dimensions: own,
  encoding: {
    forwarded: "in the vendor's words",
    mapped: "the vendor sends signed bytes, which are returned as whole numbers",
    dropped: "the vendor has no such encoding",
  },
  user: { forwarded: "", dropped: "the vendor has no such thing" },
  input_type: { ...own, dropped: "the vendor has no such thing" },
  truncate: {
    forwarded: "",
    mapped: "sent as a switch",
    dropped: "the vendor has no such thing, or knows true and false alone",
  },
  extras_json: {
    forwarded: "added to the body",
    dropped: "written for another dialect, or a declared field says it",
    refused: "must be a JSON object",
  },
});
