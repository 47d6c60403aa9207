import { ChatSchema } from "../../../gen/parlance/chat/v1/chat_pb.js";
import { EmbedSpecSchema } from "../../../gen/parlance/embed/v1/embedding_pb.js";
import { declareFidelity, each } from "../../core/fidelity/fidelity.ts";
import type { FidelityTable } from "../../core/fidelity/fidelity-table.ts";
import { withTurnFates } from "../turns/turn-fates.ts";
import { DIALECT } from "./wire.ts";

const sent = { forwarded: "" };
const unknown = { dropped: "the Gemini API has no such thing" };
const part = "messages[].parts[]";
const byOrder = "calls and results pair by order";
const unmarked = {
  dropped:
    "the vendor caches common prefixes by itself; a cache of one's own is named by cachedContent in extras_json",
};
const media = {
  forwarded: "",
  mapped:
    "the vendor demands a media type, and the usual one is sent; in a result it stands after it for some models",
};
const extras = {
  forwarded: "",
  dropped: "written for another dialect",
  refused: "must be a JSON object",
};

/** What the encoder makes of them. */
const fates: FidelityTable = {
  messages: {
    mapped:
      "later instructions move to systemInstruction, alone they are a user turn; turns without parts are left out",
  },
  "messages[].role": { forwarded: "", mapped: "developer is sent as system, tool as user" },
  "messages[].name": { dropped: "the vendor knows no names of speakers" },
  "messages[].parts[].extras": {
    forwarded: "added to what the part is sent as",
    dropped: "members of another dialect, said by a declared field, or of what cannot hold them",
  },
  "messages[].extras_json": {
    forwarded: "added to the content",
    dropped: "not members of a message of this dialect",
    refused: "must be a JSON object",
  },
  [part]: {
    forwarded: "",
    mapped: "results of tools are moved before other content, as the vendor demands",
    refused: "the vendor takes only text as instructions",
  },
  [`${part}.text`]: { forwarded: "", mapped: "empty text is not sent" },
  [`${part}.text.citations`]: { dropped: "the vendor takes no citations back" },
  [`${part}.image`]: media,
  [`${part}.image.media_type`]: {
    forwarded: "",
    mapped: "an address that holds the picture says it",
  },
  [`${part}.image.detail`]: {
    mapped: "auto is what the vendor does",
    dropped: "the vendor has one resolution for all: mediaResolution in extras_json",
  },
  [`${part}.audio`]: {
    forwarded: "",
    mapped: "of sound by id, the transcript is sent as text",
    refused: "names no sound that could be sent",
  },
  [`${part}.audio.format`]: { forwarded: "as the media type", mapped: "the transcript is sent" },
  [`${part}.audio.transcript`]: { mapped: "sent as text", dropped: "the sound itself is sent" },
  [`${part}.audio.answer_id`]: { dropped: "the sound itself, or its transcript, is sent" },
  [`${part}.audio.expires_at_unix_s`]: { mapped: "of no account to the vendor" },
  [`${part}.video`]: media,
  [`${part}.document`]: media,
  [`${part}.document.text`]: { mapped: "sent as the bytes of a file" },
  [`${part}.document.content`]: { mapped: "sent piece by piece" },
  [`${part}.document.title`]: { dropped: "the vendor takes no titles of documents" },
  [`${part}.document.context`]: { dropped: "the vendor takes no context of documents" },
  [`${part}.document.citations_enabled`]: {
    mapped: "the vendor cites no documents",
    dropped: "the vendor cites no documents",
  },
  [`${part}.tool_call.name`]: sent,
  [`${part}.tool_call.id`]: { forwarded: "", mapped: byOrder },
  [`${part}.tool_call.arguments_json`]: {
    forwarded: "",
    mapped: "what is not a JSON object is sent as a string inside of one",
  },
  [`${part}.tool_call.text`]: { mapped: 'sent as {"input": text}' },
  [`${part}.tool_call.namespace`]: { dropped: "the vendor has no namespaces of tools" },
  [`${part}.tool_call.signature`]: {
    forwarded: "as thoughtSignature",
    emulated: "there is none; the vendor's word for that is sent in its place",
  },
  [`${part}.tool_result.content`]: {
    forwarded: "",
    mapped: "media are sent after the result, for the model takes none within it",
  },
  [`${part}.tool_result.name`]: sent,
  [`${part}.tool_result.is_error`]: {
    forwarded: "as error in place of output",
    mapped: "sent as output in place of error",
  },
  [`${part}.tool_result.tool_call_id`]: {
    forwarded: "",
    mapped: byOrder,
    refused: "names no call before it; the vendor demands the tool's name",
  },
  [`${part}.reasoning`]: {
    forwarded: "",
    dropped: "the vendor takes back only thoughts that it signed",
  },
  ...each(
    { dropped: "the vendor's thoughts have words and a proof only" },
    `${part}.reasoning.encrypted`,
    `${part}.reasoning.summaries`,
    `${part}.reasoning.id`,
  ),
  [`${part}.refusal`]: { mapped: "sent as text" },
  [`${part}.opaque`]: {
    forwarded: "",
    dropped: "content of another dialect",
    refused: "must be one JSON object",
  },
  [`${part}.cache`]: unmarked,
  "tools[].function": sent,
  "tools[].function.parameters_json": {
    mapped:
      "sent as the vendor's schema, or as parametersJsonSchema; not sent where it names no arguments",
    dropped: "keywords that the vendor's schemas do not have",
    refused: "must be a JSON object",
  },
  "tools[].function.strict": {
    mapped: "false is the vendor's default",
    dropped: "arguments follow the schema, but without a guarantee",
  },
  "tools[].function.extras_json": extras,
  "tools[].custom": { dropped: "the vendor has functions alone" },
  "tools[].namespace": { dropped: "the vendor has no namespaces of tools" },
  "tools[].builtin": {
    forwarded: "",
    mapped: "a web search of another dialect is sent as the vendor's own",
    dropped: "a tool of another dialect",
    refused: "must be one JSON object",
  },
  "tools[].cache": unmarked,
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
  parallel_tool_calls: {
    mapped: "true is the vendor's default; of no account without tools",
    dropped: "the vendor cannot be held to one call at a time",
  },
  "response_format.text": { mapped: "the vendor's default" },
  "response_format.json_object": sent,
  "response_format.json_schema.name": { mapped: "not sent; the vendor's schema has no name" },
  "response_format.json_schema.description": {
    mapped: "sent as the schema's own description",
    dropped: "the schema has a description of its own, or there is none that it could describe",
  },
  "response_format.json_schema.schema_json": {
    mapped: "sent as responseSchema, references in place, or as responseJsonSchema",
    dropped: "keywords that the vendor's schemas do not have",
    refused: "must be one JSON object",
  },
  "response_format.json_schema.strict": { mapped: "the vendor's answers always follow the schema" },
  "response_format.opaque": {
    forwarded: "",
    dropped: "a format of another dialect",
    refused: "must be one JSON object",
  },
  ...each(
    sent,
    "sampling.temperature",
    "sampling.top_p",
    "sampling.frequency_penalty",
    "sampling.presence_penalty",
  ),
  ...each(sent, "sampling.stop", "sampling.logprobs", "n", "max_output_tokens"),
  "sampling.top_k": { forwarded: "", mapped: "all tokens is the vendor's default" },
  "sampling.top_logprobs": { forwarded: "", mapped: "none is the vendor's default" },
  "sampling.seed": { forwarded: "", clamped: "the vendor takes 32 bits, and the lowest are sent" },
  ...each(unknown, "sampling.min_p", "sampling.repetition_penalty", "sampling.logit_bias"),
  reasoning: {
    forwarded: "",
    mapped: "the model does not think",
    dropped: "the model does not think",
  },
  "reasoning.mode": {
    forwarded: "",
    mapped: "sent as the budget or the level; disabled is a budget of 0",
    clamped: "the model always thinks; the least is sent",
    dropped: "the model does not think",
  },
  "reasoning.effort": {
    forwarded: "as thinkingLevel",
    mapped: "the budget says how much; none is a budget of 0",
    emulated: "sent as a budget of tokens",
    clamped: "sent as the nearest level that the model knows, or the least where it always thinks",
    dropped: "the model does not think",
  },
  "reasoning.budget_tokens": {
    forwarded: "as thinkingBudget",
    clamped: "raised to the least that the model takes",
    dropped: "the model does not think",
  },
  "reasoning.summary": {
    forwarded: "as includeThoughts",
    mapped:
      "the vendor knows no length of summaries; omitted is not requested; without effect where thinking is off",
    dropped: "the model does not think",
  },
  modalities: sent,
  audio_output: { forwarded: "", mapped: "the vendor's defaults" },
  "audio_output.format": { dropped: "the vendor speaks in 16-bit PCM only" },
  ...each(unknown, "prediction", "verbosity", "user", "safety_identifier", "prompt_cache_key"),
  store: { mapped: "nothing is kept", dropped: "the vendor keeps nothing" },
  previous_response_id: {
    refused: "the vendor keeps no responses: send the whole conversation",
  },
  web_search: { emulated: "the vendor's tool googleSearch" },
  "web_search.search_context_size": { dropped: "the vendor's search has no such knob" },
  "web_search.user_location": {
    dropped: "the vendor's search takes coordinates only, as toolConfig in extras_json",
  },
  service_tier: {
    forwarded: "",
    mapped: "default, auto and standard_only are sent as standard",
    dropped: "the vendor knows no such tier",
  },
  metadata: {
    mapped: "sent as labels",
    dropped: "the vendor's labels are lower case, at most 63 characters of a-z, 0-9, _ and -",
  },
  cache: unmarked,
  extras_json: extras,
};

/** What becomes of the fields of a chat in `generateContent`. */
export const chatFidelity = declareFidelity(DIALECT, ChatSchema, withTurnFates(fates));

/** What becomes of the fields of a request for embeddings. */
export const embedFidelity = declareFidelity(DIALECT, EmbedSpecSchema, {
  inputs: { forwarded: "", refused: "the model takes one input a call; ask several times" },
  "inputs[].text": sent,
  "inputs[].tokens": { refused: "the vendor takes text and pictures, and no token ids" },
  "inputs[].image": { forwarded: "", refused: "the model takes text only" },
  "inputs[].image.detail": { dropped: "the vendor scales pictures by itself" },
  dimensions: sent,
  encoding: {
    mapped: "the vendor answers in numbers, which the gateway packs",
    dropped: "the vendor answers in numbers",
  },
  user: { dropped: "the vendor's embeddings know no user" },
  input_type: { forwarded: "as the task type", mapped: "sent in the vendor's words" },
  truncate: { mapped: "sent as autoTruncate", dropped: "the vendor has no such option" },
  extras_json: extras,
});
