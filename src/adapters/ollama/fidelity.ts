import { ChatSchema } from "../../../gen/parlance/chat/v1/chat_pb.js";
import { EmbedSpecSchema } from "../../../gen/parlance/embed/v1/embedding_pb.js";
import { declareFidelity, each } from "../../core/fidelity/fidelity.ts";
import type { FidelityTable } from "../../core/fidelity/fidelity-table.ts";
import { withTurnFates } from "../turns/turn-fates.ts";
import { DIALECT } from "./wire.ts";

const sent = { forwarded: "" };
const unknown = { dropped: "the server has no such thing" };
const part = "messages[].parts[]";

/** What the encoder makes of them. */
const fates: FidelityTable = {
  messages: { mapped: "texts of one message are joined by line ends, for its content is one text" },
  "messages[].role": {
    forwarded: "",
    mapped: "developer is sent as system; tool, where it brings no result, as user",
  },
  "messages[].name": { dropped: "speakers have no names" },
  "messages[].parts[].extras": {
    forwarded: "added to what the part is sent as",
    dropped: "members of another dialect, said by a declared field, or of what cannot hold them",
  },
  "messages[].extras_json": {
    forwarded: "added to the message",
    dropped: "not an object, or written for another dialect",
  },
  [`${part}.text`]: { forwarded: "", mapped: "texts of one message are joined by line ends" },
  [`${part}.text.citations`]: { dropped: "messages have no citations" },
  [`${part}.image`]: { forwarded: "", mapped: "pictures of a message come before its text" },
  [`${part}.image.data`]: { forwarded: "", mapped: "pictures of a message come before its text" },
  [`${part}.image.url`]: { refused: "a picture by address cannot be sent in the ollama dialect" },
  [`${part}.image.file_id`]: { refused: "a picture by id cannot be sent in the ollama dialect" },
  [`${part}.image.media_type`]: { mapped: "the server reads it off the bytes" },
  [`${part}.image.detail`]: { dropped: "there is no such knob" },
  [`${part}.audio`]: {
    mapped: "sent in images, where models that hear take sound",
    refused: "sound by address or id cannot be sent in the ollama dialect",
  },
  [`${part}.audio.transcript`]: { dropped: "only the sound itself is sent" },
  [`${part}.video`]: { refused: "a moving picture cannot be sent in the ollama dialect" },
  [`${part}.document`]: {
    emulated: "sent as text",
    refused: "a document other than text cannot be sent in the ollama dialect",
  },
  [`${part}.document.context`]: { dropped: "documents are sent as text" },
  [`${part}.document.citations_enabled`]: { dropped: "there are no citations" },
  ...each(sent, `${part}.tool_call.id`, `${part}.tool_call.name`),
  [`${part}.tool_call.arguments_json`]: {
    forwarded: "",
    emulated: "what is not a JSON object is sent inside of one",
  },
  [`${part}.tool_call.text`]: { emulated: 'sent as the arguments {"input": text}' },
  [`${part}.tool_call.namespace`]: { dropped: "the vendor has no namespaces of tools" },
  [`${part}.tool_call.signature`]: { dropped: "calls are not signed" },
  [`${part}.tool_result`]: {
    forwarded: "",
    refused: "a tool result in the model's own format cannot be sent",
  },
  [`${part}.tool_result.is_error`]: {
    mapped: "not sent: results are taken to be good",
    dropped: "there is no mark for tools that failed",
  },
  [`${part}.reasoning.text`]: sent,
  [`${part}.reasoning.summaries`]: {
    forwarded: "as the thinking, where there is no text",
    dropped: "the text says it",
  },
  [`${part}.reasoning.signature`]: { dropped: "thinking is not signed" },
  [`${part}.reasoning.encrypted`]: { dropped: "thinking is sent in words" },
  [`${part}.reasoning.id`]: { dropped: "thinking has no id" },
  [`${part}.refusal`]: { emulated: "sent as text" },
  [`${part}.opaque`]: {
    forwarded: "added to the message",
    dropped: "only its own dialect knows it",
  },
  [`${part}.cache`]: { dropped: "the server caches by itself" },
  "tools[].function": sent,
  "tools[].function.parameters_json": { forwarded: "", refused: "must be a JSON object" },
  "tools[].function.strict": { dropped: "arguments are not bound to their schema" },
  "tools[].function.extras_json": {
    forwarded: "added to the tool",
    dropped: "not an object, or written for another dialect",
  },
  "tools[].custom": { dropped: "the vendor has functions alone" },
  "tools[].namespace": { dropped: "the vendor has no namespaces of tools" },
  "tools[].builtin": {
    forwarded: "",
    dropped: "only its own dialect has this tool",
    refused: "must be one JSON object",
  },
  "tools[].cache": { dropped: "the server caches by itself" },
  "tool_choice.mode": {
    mapped: "auto is what the server does",
    emulated: "none: no tools are sent",
    clamped: "required is sent as auto, for the server cannot force the use of a tool",
  },
  "tool_choice.name": { clamped: "only this tool is sent; the server cannot force its use" },
  "tool_choice.allowed.names": { emulated: "only the allowed tools are sent" },
  "tool_choice.allowed.mode": {
    mapped: "auto is what the server does",
    clamped: "required is sent as auto, for the server cannot force the use of a tool",
  },
  "tool_choice.opaque": { dropped: "the server has no choice among tools" },
  parallel_tool_calls: {
    mapped: "true is what the server does",
    dropped: "the server cannot forbid it",
  },
  "response_format.text": sent,
  "response_format.json_object": sent,
  "response_format.json_schema.name": { mapped: "not sent; formats have no names" },
  "response_format.json_schema.description": { dropped: "formats have no descriptions" },
  "response_format.json_schema.schema_json": { forwarded: "", refused: "must be one JSON object" },
  "response_format.json_schema.strict": { mapped: "the answer is always bound to the schema" },
  "response_format.opaque": {
    forwarded: "",
    dropped: "only its own dialect knows it",
    refused: "must be one JSON value",
  },
  sampling: sent,
  "sampling.logit_bias": { dropped: "the server has no such knob" },
  n: {
    mapped: "1 is what the server gives",
    refused: "the server gives one answer; ask several times",
  },
  max_output_tokens: sent,
  "reasoning.mode": { mapped: "sent as think", dropped: "the model's default decides" },
  "reasoning.effort": {
    forwarded: "as the level of think",
    mapped: "none is sent as think: false",
    clamped: "minimal is sent as low, and xhigh as max",
    dropped: "thinking is switched off",
  },
  "reasoning.budget_tokens": {
    emulated: "sent as the nearest level of think",
    dropped: "the level of think says it",
  },
  "reasoning.summary": {
    emulated: "the thinking in full is the summary",
    dropped: "thinking is switched off, or cannot be left out",
  },
  store: { mapped: "nothing is kept", dropped: "the vendor keeps nothing" },
  previous_response_id: {
    refused: "the vendor keeps no responses: send the whole conversation",
  },
  modalities: { mapped: "the models answer in text", dropped: "the models answer in text only" },
  ...each(unknown, "audio_output", "prediction", "verbosity", "web_search", "service_tier", "user"),
  ...each(unknown, "safety_identifier", "prompt_cache_key", "metadata", "cache"),
  extras_json: {
    forwarded: "added to the body",
    dropped: "not an object, or written for another dialect",
  },
};

/** What becomes of the fields of a chat in `/api/chat`. */
export const chatFidelity = declareFidelity(DIALECT, ChatSchema, withTurnFates(fates));

/** What becomes of the fields of a request for embeddings in `/api/embed`. */
export const embedFidelity = declareFidelity(DIALECT, EmbedSpecSchema, {
  "inputs[].text": sent,
  "inputs[].tokens": { refused: "only texts can be sent in the ollama dialect" },
  "inputs[].image": { refused: "only texts can be sent in the ollama dialect" },
  dimensions: sent,
  encoding: {
    mapped: "the server returns floats; the gateway packs them where base64 is wanted",
    dropped: "the server answers in floats",
  },
  ...each(unknown, "user", "input_type"),
  truncate: {
    mapped: "sent as true or false",
    dropped: "inputs are cut at their end, or not at all",
  },
  extras_json: {
    forwarded: "added to the body",
    dropped: "not an object, or written for another dialect",
  },
});
