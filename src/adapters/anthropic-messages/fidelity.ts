import { ChatSchema } from "../../../gen/parlance/chat/v1/chat_pb.js";
import { declareFidelity, each } from "../../core/fidelity/fidelity.ts";
import type { FidelityTable } from "../../core/fidelity/fidelity-table.ts";
import { withTurnFates } from "../turns/turn-fates.ts";
import { DIALECT } from "./wire.ts";

const sent = { forwarded: "" };
const unknown = { dropped: "the Messages API has no such thing" };
const part = "messages[].parts[]";
const noModelKnob = "the model takes no sampling knobs, or none while it thinks";

/** What the encoder makes of them. */
const fates: FidelityTable = {
  messages: {
    mapped:
      "later instructions move to the system prompt where the model takes them only there; alone they are a user turn",
    dropped: "a message of which nothing can be sent; the vendor refuses empty ones",
  },
  "messages[].role": { forwarded: "", mapped: "developer is sent as system, and tool as user" },
  "messages[].name": { dropped: "the vendor knows no names of speakers" },
  "messages[].parts[].extras": {
    forwarded: "added to what the part is sent as",
    dropped: "members of another dialect, said by a declared field, or of what cannot hold them",
  },
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
  [`${part}.text`]: { forwarded: "", dropped: "the vendor refuses blocks of empty text" },
  [`${part}.text.citations`]: {
    forwarded: "",
    dropped: "the vendor takes back only its own citations",
  },
  [`${part}.text.citations[].answer`]: {
    dropped: "a citation is about the whole block it stands in",
  },
  [`${part}.image`]: sent,
  [`${part}.image.media_type`]: {
    forwarded: "beside the bytes; image/png where there is none",
    mapped: "the vendor finds it out where it fetches the picture",
  },
  [`${part}.image.detail`]: {
    mapped: "auto is what the vendor does",
    dropped: "the vendor scales pictures by itself",
  },
  [`${part}.audio`]: {
    mapped: "its transcript is sent as text",
    dropped: "the vendor refuses blocks of empty text",
    refused: "the Messages API takes no sound; send a transcript instead",
  },
  [`${part}.video`]: { refused: "the Messages API takes no video; send pictures of it instead" },
  [`${part}.document`]: sent,
  [`${part}.document.media_type`]: {
    forwarded: "beside the bytes; application/pdf where there is none",
    mapped: "any kind of text is sent as text/plain; elsewhere the vendor finds it out",
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
  [`${part}.tool_result`]: sent,
  [`${part}.tool_result.tool_call_id`]: { forwarded: "", mapped: "rewritten as in its call" },
  [`${part}.tool_result.name`]: { mapped: "implied by the id of the call" },
  [`${part}.tool_result.is_error`]: {
    forwarded: "",
    dropped: "the vendor takes only text as the content of a failure",
  },
  [`${part}.reasoning`]: {
    forwarded: "",
    dropped: "the vendor takes back only reasoning that it signed",
  },
  [`${part}.reasoning.summaries`]: { dropped: "the vendor takes the reasoning itself" },
  [`${part}.reasoning.id`]: { dropped: "the vendor knows no ids of reasoning" },
  [`${part}.refusal`]: {
    mapped: "sent as text",
    dropped: "the vendor refuses blocks of empty text",
  },
  [`${part}.opaque`]: { forwarded: "", dropped: "content of another dialect" },
  [`${part}.opaque.json`]: {
    forwarded: "",
    dropped: "content of another dialect",
    refused: "must be one JSON object",
  },
  [`${part}.cache`]: {
    forwarded: "",
    dropped:
      "the block it marks is not sent or cannot be marked: thinking, and blocks in the vendor's own words",
  },
  "tools[].function": sent,
  "tools[].function.parameters_json": {
    forwarded: "",
    mapped: "the type object, which the vendor demands, is added",
    refused: "must be a JSON object",
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
  "tools[].cache": sent,
  tool_choice: {
    forwarded: "",
    clamped: "sent as auto, for the vendor refuses to force a tool while the model thinks",
    mapped: "of no account without tools",
    dropped: "there is no tool to choose from",
  },
  "tool_choice.allowed": { emulated: "only the allowed tools are sent" },
  "tool_choice.opaque": {
    forwarded: "",
    dropped: "a rule of another dialect",
    refused: "must be one JSON object",
  },
  parallel_tool_calls: {
    forwarded: "as disable_parallel_tool_use",
    mapped: "of no account where no tool is used",
  },
  "response_format.text": sent,
  "response_format.json_object": { refused: "the vendor binds answers to schemas alone" },
  "response_format.json_schema": { forwarded: "", refused: "the model cannot be bound to it" },
  "response_format.json_schema.name": {
    mapped: "not sent; the vendor's format has no name",
    refused: "the model cannot be bound to it",
  },
  "response_format.json_schema.description": {
    dropped: "the vendor's format has no description",
    refused: "the model cannot be bound to it",
  },
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
    dropped: noModelKnob,
  },
  "sampling.top_p": {
    forwarded: "",
    clamped: "raised to the least that the vendor takes while the model thinks",
    dropped: `${noModelKnob}; some models take temperature or top_p, not both`,
  },
  "sampling.top_k": {
    forwarded: "",
    mapped: "all tokens is the vendor's default",
    dropped: noModelKnob,
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
    mapped: "1 is what the Messages API gives",
    refused: "the Messages API gives one answer; ask several times",
  },
  max_output_tokens: {
    forwarded: "",
    mapped: "the vendor demands a bound: one is sent where none is set",
  },
  reasoning: {
    forwarded: "",
    dropped:
      "tool calls that are answered came without signed thinking, or max_output_tokens leaves no room for any",
  },
  "reasoning.mode": {
    forwarded: "",
    mapped: "enabled is sent as adaptive where the model thinks in no other way",
    emulated: "adaptive is sent as a budget where the model cannot decide by itself",
    dropped: "the model does not think, or always thinks",
  },
  "reasoning.effort": {
    forwarded: "as output_config.effort",
    mapped: "thinking is switched on or off as well; minimal is sent as low",
    emulated: "sent as a budget of tokens",
    clamped: "sent as the nearest that the model knows",
    dropped: "the model does not think, or always thinks",
  },
  "reasoning.budget_tokens": {
    forwarded: "",
    mapped: "0 is sent as disabled thinking",
    clamped: "1024 is the least, and it must be below max_output_tokens",
    dropped: "the model takes no budget; use effort",
  },
  "reasoning.summary": {
    forwarded: "as thinking.display",
    mapped: "concise and detailed are sent as summarized",
    dropped: "this way of requesting thinking has no choice of display",
  },
  store: { mapped: "nothing is kept", dropped: "the vendor keeps nothing" },
  previous_response_id: {
    refused: "the vendor keeps no responses: send the whole conversation",
  },
  modalities: { mapped: "the models answer in text", dropped: "the models answer in text only" },
  ...each(unknown, "audio_output", "prediction", "verbosity", "prompt_cache_key"),
  web_search: { emulated: "the vendor's tool web_search_20250305" },
  "web_search.search_context_size": { dropped: "the vendor's search has no such knob" },
  service_tier: {
    forwarded: "",
    mapped: "default is sent as standard_only, and priority as auto",
    dropped: "the vendor knows no such tier",
  },
  user: { forwarded: "as metadata.user_id" },
  safety_identifier: {
    mapped: "sent as metadata.user_id",
    dropped: "the vendor takes one id; user is sent",
  },
  metadata: { dropped: "the vendor takes no labels" },
  cache: sent,
  extras_json: {
    forwarded: "added to the body; betas become the header anthropic-beta",
    dropped: "written for another dialect, or betas that are no list of words",
    refused: "must be a JSON object",
  },
};

/** What becomes of the fields of a chat in the Messages API. */
export const chatFidelity = declareFidelity(DIALECT, ChatSchema, withTurnFates(fates));

const elsewhere = { dropped: "the cloud has no such thing, only the model's maker" };

/** The same where a cloud serves Claude that has less than its maker (fit/options.ts). */
export const hostedFidelity = declareFidelity(
  DIALECT,
  ChatSchema,
  withTurnFates({
    ...fates,
    ...each(elsewhere, "web_search", "web_search.search_context_size", "web_search.user_location"),
    "tools[].builtin": { ...fates["tools[].builtin"], ...elsewhere },
    cache: { emulated: "as a mark of the last block" },
    extras_json: {
      ...fates.extras_json,
      forwarded: "added to the body, with the betas that they need",
      dropped: "written for another dialect, or for the model's maker alone",
    },
  }),
);
