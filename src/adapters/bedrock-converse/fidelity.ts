import { ChatSchema } from "../../../gen/parlance/chat/v1/chat_pb.js";
import { declareFidelity, each } from "../../core/fidelity/fidelity.ts";
import type { FidelityTable } from "../../core/fidelity/fidelity-table.ts";
import { withTurnFates } from "../turns/turn-fates.ts";
import { DIALECT } from "./wire.ts";

const sent = { forwarded: "" };
const unknown = { dropped: "the Converse API has no such thing" };
const part = "messages[].parts[]";
const noFiles = { refused: "the vendor keeps no files; send the bytes, or an s3:// address" };
const address = {
  forwarded: "",
  refused: "the vendor fetches nothing but s3:// addresses; send the bytes",
};
const highEffort = "Nova refuses it at high effort";
const noReasoning = "reasoning cannot be requested from the model";
const cachePoint = {
  forwarded: "a cache point behind it",
  dropped: "the model or the vendor takes no cache point there",
};
const fiveMinutes = {
  forwarded: "",
  clamped: "the model keeps cache points for five minutes only",
};

/** What the encoder makes of them. */
const fates: FidelityTable = {
  messages: {
    mapped:
      "messages of one role in a row are joined; later instructions move to the system prompt, or alone to a user turn",
    emulated: "a full stop is added to documents alone, for the vendor demands words with them",
    dropped: "nothing of the message can be sent, and the vendor refuses empty ones",
  },
  "messages[].role": { forwarded: "", mapped: "developer is sent as system, and tool as user" },
  "messages[].name": { dropped: "the vendor knows no names of speakers" },
  "messages[].parts[].extras": { dropped: "the vendor refuses members that it does not know" },
  "messages[].extras_json": {
    forwarded: "added to the message",
    dropped: "not members of a message of this dialect",
    refused: "must be a JSON object",
  },
  [part]: {
    forwarded: "",
    mapped: "results of tools are moved before other content, as the vendor demands",
    refused: "the vendor takes only text as instructions",
  },
  [`${part}.text`]: { forwarded: "", dropped: "the vendor refuses blocks of blank text" },
  [`${part}.text.citations`]: {
    forwarded: "",
    dropped: "the vendor has no words for its source or its place",
  },
  ...each(
    { dropped: "the vendor's citations have no such member" },
    `${part}.text.citations[].answer`,
    `${part}.text.citations[].web.encrypted_index`,
    `${part}.text.citations[].document.file_id`,
  ),
  [`${part}.image`]: { forwarded: "", refused: "has no source" },
  [`${part}.image.url`]: address,
  [`${part}.image.file_id`]: noFiles,
  [`${part}.image.media_type`]: {
    mapped: "sent as the format; without one the bytes tell it",
    refused: "the vendor takes png, jpeg, gif and webp",
  },
  [`${part}.image.detail`]: {
    mapped: "auto is what the vendor does",
    dropped: "the vendor scales pictures by itself",
  },
  [`${part}.audio`]: {
    forwarded: "",
    mapped: "its transcript is sent as text",
    dropped: "the vendor refuses blocks of blank text",
    refused: "the vendor takes sound only as bytes",
  },
  [`${part}.audio.url`]: address,
  [`${part}.audio.format`]: {
    forwarded: "",
    mapped: "sent in the vendor's words; wav where there is none",
    refused: "the vendor takes no sound of this format",
  },
  [`${part}.audio.transcript`]: { mapped: "sent as text", dropped: "the sound itself is sent" },
  ...each(
    { dropped: "the vendor keeps no spoken answers" },
    `${part}.audio.answer_id`,
    `${part}.audio.expires_at_unix_s`,
  ),
  [`${part}.video`]: { forwarded: "", refused: "has no source" },
  [`${part}.video.url`]: address,
  [`${part}.video.file_id`]: noFiles,
  [`${part}.video.media_type`]: {
    mapped: "sent as the format; mp4 where there is none",
    refused: "the vendor takes no video of this type",
  },
  [`${part}.document`]: { forwarded: "", refused: "has no source" },
  [`${part}.document.url`]: address,
  [`${part}.document.file_id`]: noFiles,
  [`${part}.document.content`]: {
    forwarded: "",
    dropped: "the vendor takes only text as pieces of a document",
  },
  [`${part}.document.content.parts[].cache`]: { dropped: "a piece of a document cannot be marked" },
  [`${part}.document.content.parts[].text.citations`]: {
    dropped: "a piece of a document cites nothing",
  },
  [`${part}.document.media_type`]: {
    mapped: "sent as the format; any kind of text as txt",
    refused: "the vendor takes pdf, csv, doc, docx, xls, xlsx, html, txt and md",
  },
  [`${part}.document.title`]: {
    forwarded: "as the name",
    mapped: "sent with the characters that the vendor takes, and unique",
  },
  [`${part}.tool_call.name`]: sent,
  [`${part}.tool_call.id`]: {
    forwarded: "",
    mapped: "rewritten to what the vendor takes as an id, in its result as well",
  },
  [`${part}.tool_call.arguments_json`]: {
    forwarded: "",
    mapped: "what is not a JSON object is sent as a string inside of one",
  },
  [`${part}.tool_call.text`]: { mapped: 'sent as {"input": text}' },
  [`${part}.tool_call.namespace`]: { dropped: "the vendor has no namespaces of tools" },
  [`${part}.tool_call.signature`]: { dropped: "the vendor signs reasoning and not tool calls" },
  [`${part}.tool_result.content`]: {
    forwarded: "",
    refused: "the vendor takes text, pictures, documents and videos as a result",
  },
  [`${part}.tool_result.content[].text.citations`]: { dropped: "a result cites nothing" },
  [`${part}.tool_result.tool_call_id`]: { forwarded: "", mapped: "rewritten as in its call" },
  [`${part}.tool_result.name`]: { mapped: "implied by the id of the call" },
  [`${part}.tool_result.is_error`]: {
    forwarded: "as the status",
    mapped: "not sent; a result of this model has no status",
    dropped: "the model takes no status of results",
  },
  [`${part}.reasoning`]: {
    forwarded: "",
    dropped: "the vendor takes back only reasoning that was signed for it",
  },
  [`${part}.reasoning.summaries`]: { dropped: "the vendor takes the reasoning itself" },
  [`${part}.reasoning.id`]: { dropped: "the vendor knows no ids of reasoning" },
  [`${part}.refusal`]: {
    mapped: "sent as text",
    dropped: "the vendor refuses blocks of blank text",
  },
  [`${part}.opaque`]: {
    forwarded: "",
    dropped: "content of another dialect",
    refused: "must be one JSON object",
  },
  [`${part}.cache`]: {
    ...cachePoint,
    mapped: "a cache point before a document that takes none behind it, or behind the whole result",
  },
  [`${part}.cache.ttl`]: { ...cachePoint, ...fiveMinutes },
  tools: {
    emulated: "not sent where none is to be used; those that the conversation calls are declared",
  },
  "tools[].function": sent,
  "tools[].function.parameters_json": {
    forwarded: "",
    mapped: "the type object, which the vendor demands, is added",
    refused: "must be a JSON object",
  },
  "tools[].function.strict": {
    forwarded: "",
    mapped: "not sent; the model is never strict",
    dropped: "the model gives no guarantee that arguments follow their schema",
  },
  "tools[].function.extras_json": {
    forwarded: "added to the tool",
    dropped: "members of another dialect",
    refused: "must be a JSON object",
  },
  "tools[].custom": { dropped: "the vendor has functions alone" },
  "tools[].namespace": { dropped: "the vendor has no namespaces of tools" },
  "tools[].builtin": {
    forwarded: "",
    mapped: "a web search of another dialect is sent as the vendor's own",
    dropped: "a tool of another dialect",
    refused: "must be one JSON object",
  },
  "tools[].cache": cachePoint,
  "tools[].cache.ttl": { ...cachePoint, ...fiveMinutes },
  tool_choice: {
    forwarded: "",
    mapped: "none is of no account without tools",
    emulated: "none: the tools are not sent",
    clamped: "loosened to what the model takes",
    dropped:
      "there are no tools to choose from, or they cannot be forbidden, for the conversation has called them",
  },
  "tool_choice.allowed": { emulated: "only the allowed tools are sent" },
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
  "response_format.json_object": { refused: "the vendor binds answers to schemas alone" },
  "response_format.json_schema": { forwarded: "", refused: "the model cannot be bound to it" },
  "response_format.json_schema.schema_json": {
    forwarded: "",
    refused: "must be one JSON object",
  },
  "response_format.json_schema.strict": {
    mapped: "the vendor's format is always strict",
    refused: "the model cannot be bound to it",
  },
  "response_format.opaque": {
    forwarded: "",
    dropped: "a format of another dialect",
    refused: "must be one JSON object",
  },
  "sampling.temperature": {
    forwarded: "",
    clamped: "1 is the most that the vendor takes",
    dropped: "the model takes none, or none while it thinks",
  },
  "sampling.top_p": {
    forwarded: "",
    clamped: "raised to the least that the model takes while it thinks",
    dropped: "the model takes none, or temperature or top_p, not both",
  },
  "sampling.top_k": {
    mapped:
      "sent in additionalModelRequestFields, in the model's own format; all tokens is the vendor's default",
    dropped: "the model takes none, or none while it thinks",
  },
  "sampling.stop": { forwarded: "", dropped: "the vendor refuses stop texts of blanks only" },
  ...each(
    unknown,
    "sampling.min_p",
    "sampling.frequency_penalty",
    "sampling.presence_penalty",
    "sampling.seed",
  ),
  ...each(
    unknown,
    "sampling.repetition_penalty",
    "sampling.logprobs",
    "sampling.top_logprobs",
    "sampling.logit_bias",
  ),
  n: {
    mapped: "1 is what the Converse API gives",
    refused: "the Converse API gives one answer; ask several times",
  },
  max_output_tokens: { forwarded: "", dropped: highEffort },
  reasoning: {
    forwarded: "",
    emulated: "medium effort, for the model demands one",
    dropped:
      "tool calls that are answered came without signed thinking, or max_output_tokens leaves no room for any",
  },
  "reasoning.mode": {
    forwarded: "",
    mapped: "sent in the only way that the model reasons, or never reasons",
    emulated: "adaptive is sent as a budget where the model cannot decide by itself",
    dropped: noReasoning,
  },
  "reasoning.effort": {
    forwarded: "in the format of the model's maker",
    mapped:
      "reasoning is switched on or off as well; minimal is sent as low; of no account where it is off",
    emulated: "sent as a budget of tokens",
    clamped: "sent as the nearest that the model knows",
    dropped: `${noReasoning}, or a budget is sent instead`,
  },
  "reasoning.budget_tokens": {
    forwarded: "",
    mapped: "0 is sent as disabled reasoning; of no account where it is off",
    clamped: "1024 is the least, and it must be below max_output_tokens",
    dropped: "the model takes no budget; use effort",
  },
  "reasoning.summary": {
    forwarded: "as thinking.display",
    mapped: "concise and detailed are sent as summarized; of no account where reasoning is off",
    dropped: "this way of requesting reasoning has no choice of display",
  },
  store: { mapped: "nothing is kept", dropped: "the vendor keeps nothing" },
  previous_response_id: {
    refused: "the vendor keeps no responses: send the whole conversation",
  },
  modalities: { mapped: "the models answer in text", dropped: "the models answer in text only" },
  ...each(unknown, "audio_output", "prediction", "verbosity", "user", "safety_identifier"),
  ...each(unknown, "prompt_cache_key"),
  web_search: {
    emulated: "the vendor's tool nova_grounding",
    dropped: "the model has no search of its own here, or no tool is to be used",
  },
  ...each(
    { dropped: "the vendor's search has no such knob" },
    "web_search.search_context_size",
    "web_search.user_location",
  ),
  service_tier: {
    forwarded: "",
    mapped: "auto and standard are the vendor's default",
    dropped: "the vendor knows no such tier",
  },
  metadata: {
    forwarded: "as requestMetadata",
    dropped: "the vendor takes 16 labels, each of plain characters and at most 256 of them",
  },
  cache: {
    emulated: "a cache point at the end of the conversation",
    mapped: "the conversation ends with a cache point already",
    dropped: "the model or the vendor takes no cache point there",
  },
  "cache.ttl": {
    ...fiveMinutes,
    mapped: "the conversation ends with a cache point already",
    dropped: "the model or the vendor takes no cache point there",
  },
  extras_json: {
    forwarded: "added to the body",
    dropped: "written for another dialect",
    refused: "must be a JSON object",
  },
};

/** What becomes of the fields of a chat in Converse and ConverseStream. */
export const chatFidelity = declareFidelity(DIALECT, ChatSchema, withTurnFates(fates));
