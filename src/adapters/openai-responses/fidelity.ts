import { ChatSchema } from "../../../gen/parlance/chat/v1/chat_pb.js";
import { declareFidelity, each } from "../../core/fidelity/fidelity.ts";
import type { FidelityTable } from "../../core/fidelity/fidelity-table.ts";
import { withTurnFates } from "../turns/turn-fates.ts";
import { DIALECT } from "./wire.ts";

const sent = { forwarded: "" };
const unknown = { dropped: "the Responses API has no such thing" };
const someTake = {
  forwarded: "by vendors that take it",
  dropped: "the Responses API has no such thing",
};
const noPlaces = { dropped: "the vendor knows no places in sources" };
const part = "messages[].parts[]";
const byItself = "the vendor caches by itself, and takes no mark here";

/** What the encoder makes of them. */
const fates: FidelityTable = {
  "messages[].role": { forwarded: "", mapped: "tool is sent as user, where it brings no result" },
  "messages[].name": { dropped: "the vendor knows no names of speakers" },
  "messages[].parts[].extras": {
    forwarded: "added to what the part is sent as",
    dropped: "members of another dialect, said by a declared field, or of what cannot hold them",
  },
  "messages[].extras_json": {
    forwarded: "added to the message",
    dropped: "members of another dialect, or of a message without words",
    refused: "must be a JSON object",
  },
  [part]: { forwarded: "", dropped: "has no place inside of a tool's output" },
  [`${part}.text`]: sent,
  [`${part}.text.citations`]: {
    forwarded: "as annotations",
    dropped: "the vendor has no words for it here",
  },
  [`${part}.text.citations[].cited_text`]: { dropped: "not taken back" },
  [`${part}.text.citations[].web.encrypted_index`]: { dropped: "only its own vendor reads it" },
  [`${part}.text.citations[].search_result.index`]: { dropped: "the vendor gets its address" },
  ...each(noPlaces, `${part}.text.citations[].characters`, `${part}.text.citations[].pages`),
  [`${part}.text.citations[].blocks`]: noPlaces,
  [`${part}.image`]: { forwarded: "", dropped: "the vendor takes only words back from the model" },
  [`${part}.image.media_type`]: {
    forwarded: "in the data URL; image/png where there is none",
    mapped: "the vendor finds it out where it has the picture",
    dropped: "the vendor takes only words back from the model",
  },
  [`${part}.audio`]: {
    forwarded: "",
    mapped: "its transcript is sent as text",
    refused: "the Responses API takes sound only as data; send a transcript",
  },
  [`${part}.audio.transcript`]: {
    forwarded: "",
    mapped: "sent as text",
    dropped: "the sound itself is sent",
  },
  ...each(unknown, `${part}.audio.expires_at_unix_s`, `${part}.audio.answer_id`),
  [`${part}.video`]: { refused: "the Responses API takes no video; send pictures of it instead" },
  [`${part}.document`]: {
    forwarded: "",
    dropped: "the vendor takes only words back from the model",
  },
  [`${part}.document.text`]: { mapped: "sent as a file" },
  [`${part}.document.content`]: {
    mapped: "its words are sent as text",
    dropped: "only the words of a document in pieces are sent",
  },
  [`${part}.document.title`]: {
    forwarded: "as the file's name",
    mapped: "implied by the address or the uploaded file",
  },
  [`${part}.document.media_type`]: {
    forwarded: "in the data URL; application/pdf where there is none",
    mapped: "the vendor finds it out",
  },
  [`${part}.document.context`]: { dropped: "the vendor takes no context of files" },
  [`${part}.document.citations_enabled`]: { dropped: "the vendor has no such knob" },
  [`${part}.tool_call`]: sent,
  [`${part}.tool_call.id`]: {
    forwarded: "",
    mapped: "rewritten to what the vendor takes as an id, in its result as well",
  },
  [`${part}.tool_call.signature`]: {
    dropped: "the vendor proves reasoning and not calls of tools",
  },
  [`${part}.tool_result`]: sent,
  [`${part}.tool_result.name`]: { mapped: "implied by the id of the call" },
  [`${part}.tool_result.is_error`]: {
    mapped: "that it did not fail the vendor takes for granted",
    dropped: "the vendor reads failure off the output alone",
  },
  [`${part}.reasoning`]: {
    forwarded: "",
    dropped:
      "the vendor takes back only its own reasoning, and knows none by its id where it stores nothing",
  },
  [`${part}.refusal`]: { forwarded: "", mapped: "sent as text, where it is not the model's" },
  [`${part}.opaque`]: {
    forwarded: "",
    dropped: "content of another dialect",
    refused: "must be one JSON object",
  },
  [`${part}.cache`]: { forwarded: "by vendors that take marks", dropped: byItself },
  [`${part}.cache.ttl`]: { dropped: "the vendor keeps times of its own" },
  "tools[].function": sent,
  "tools[].function.strict": {
    forwarded: "",
    mapped: "false is sent where nothing is said as well, for the vendor is strict by default",
  },
  "tools[].function.parameters_json": { forwarded: "", refused: "must be one JSON object" },
  "tools[].custom.extras": {
    forwarded: "added to the tool",
    dropped: "members of another dialect, or said by a declared field",
  },
  "tools[].function.extras_json": {
    forwarded: "added to the tool",
    dropped: "members of another dialect",
    refused: "must be a JSON object",
  },
  "tools[].custom": sent,
  "tools[].custom.format_json": { forwarded: "", refused: "must be one JSON object" },
  "tools[].namespace": sent,
  "tools[].builtin": {
    forwarded: "",
    mapped: "a web search of another dialect is sent as the vendor's own",
    dropped: "a tool of another dialect",
    refused: "must be one JSON object",
  },
  "tools[].cache": { dropped: byItself },
  tool_choice: {
    forwarded: "",
    mapped: "of no account without tools",
    dropped: "there is no tool to choose from",
  },
  "tool_choice.opaque": {
    forwarded: "",
    dropped: "a rule of another dialect",
    refused: "must be one JSON object",
  },
  parallel_tool_calls: { forwarded: "", mapped: "of no account without tools" },
  "response_format.text": sent,
  "response_format.json_object": sent,
  "response_format.json_schema": { forwarded: "", dropped: "there is no schema" },
  "response_format.json_schema.schema_json": { forwarded: "", refused: "must be one JSON object" },
  "response_format.opaque": {
    forwarded: "",
    dropped: "a form of another dialect",
    refused: "must be one JSON object",
  },
  ...each(sent, "sampling.temperature", "sampling.top_p", "sampling.top_logprobs"),
  "sampling.logprobs": { mapped: "requested by include, or not requested" },
  ...each(
    someTake,
    "sampling.top_k",
    "sampling.min_p",
    "sampling.frequency_penalty",
    "sampling.presence_penalty",
  ),
  ...each(
    someTake,
    "sampling.repetition_penalty",
    "sampling.seed",
    "sampling.stop",
    "sampling.logit_bias",
  ),
  n: {
    mapped: "1 is what the vendor gives",
    refused: "the Responses API gives one answer; ask several times",
  },
  max_output_tokens: {
    forwarded: "",
    clamped: "raised to the least that the vendor takes",
    dropped: "the vendor takes no bound",
  },
  "reasoning.mode": {
    mapped:
      "sent as the effort; disabled is sent as effort none; adaptive is what the vendor's models do",
    emulated: "enabled alone is sent as effort medium",
  },
  "reasoning.effort": { forwarded: "", dropped: "reasoning is switched off" },
  "reasoning.budget_tokens": {
    emulated: "sent as the nearest effort",
    clamped: "0 is sent as the lowest effort that the model takes",
    dropped: "the vendor takes effort only, which is set or none",
  },
  "reasoning.summary": { forwarded: "", mapped: "omitted is not requested, which leaves it out" },
  modalities: {
    mapped: "the models answer in text",
    dropped: "the models answer in text; pictures are made by a tool",
  },
  ...each(unknown, "audio_output", "prediction"),
  verbosity: sent,
  web_search: { mapped: "the vendor's tool web_search" },
  service_tier: {
    forwarded: "",
    mapped: "the usual tier of other vendors is sent as default",
    dropped: "a call cannot be made part of a batch",
  },
  ...each(sent, "store", "user", "safety_identifier", "prompt_cache_key", "metadata"),
  previous_response_id: sent,
  cache: { dropped: "the vendor caches by itself" },
  extras_json: {
    forwarded: "added to the body",
    dropped: "options of another dialect",
    refused: "must be a JSON object",
  },
};

/** What becomes of the fields of a chat in the Responses API. */
export const chatFidelity = declareFidelity(DIALECT, ChatSchema, withTurnFates(fates));
