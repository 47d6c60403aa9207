import { storesNothing } from "../../core/fidelity/declines.ts";
import { each } from "../../core/fidelity/fidelity.ts";
import type { FidelityTable } from "../../core/fidelity/fidelity-table.ts";

const part = "messages[].parts[]";
const nothing = { dropped: "the server has no such thing" };

/**
 * How parts and messages become one text: a note of `messages` in the tables of dialects that send
 * a prompt.
 */
export const JOINED = "parts of one message are joined by line ends";

/**
 * What becomes of a conversation that is written into a prompt, and of what models that read one
 * text have nothing for.
 */
export const promptFidelity: FidelityTable = {
  messages: { mapped: JOINED, emulated: "written into one prompt, a line for each message" },
  "messages[].role": {
    forwarded: "as the speaker's name",
    mapped: "developer is written as system",
    refused: "is required",
  },
  "messages[].name": { dropped: "speakers have no names" },
  "messages[].extras_json": { dropped: "a prompt has no members" },
  [`${part}.text`]: { forwarded: "" },
  [`${part}.text.citations`]: { dropped: "a prompt has no citations" },
  [`${part}.image`]: {
    forwarded: "in Markdown",
    refused: "a picture by id cannot be sent in a prompt",
  },
  [`${part}.image.file_id`]: { refused: "a picture by id cannot be sent in a prompt" },
  [`${part}.image.media_type`]: { forwarded: "", mapped: "a picture by address says it" },
  [`${part}.image.detail`]: { dropped: "there is no such knob" },
  [`${part}.audio`]: { refused: "sound cannot be sent in a prompt" },
  [`${part}.video`]: { refused: "a moving picture cannot be sent in a prompt" },
  [`${part}.document`]: {
    emulated: "sent as text",
    refused: "a document other than text cannot be sent in a prompt",
  },
  [`${part}.document.context`]: { dropped: "documents are sent as text" },
  [`${part}.document.citations_enabled`]: { dropped: "there are no citations" },
  [`${part}.tool_call`]: { emulated: "written as text" },
  [`${part}.tool_call.signature`]: { dropped: "calls are not signed" },
  [`${part}.tool_result`]: { emulated: "written as text" },
  [`${part}.reasoning`]: { dropped: "a prompt has no place for earlier reasoning" },
  [`${part}.refusal`]: { mapped: "sent as text" },
  [`${part}.opaque`]: { dropped: "a prompt is text" },
  [`${part}.cache`]: { dropped: "the server caches by itself" },
  parallel_tool_calls: { mapped: "of no account without tools" },
  n: {
    mapped: "1 is what the server gives",
    refused: "the server gives one answer; ask several times",
  },
  reasoning: { mapped: "the server has no reasoning apart from the text", ...nothing },
  modalities: { mapped: "the models answer in text", dropped: "the models answer in text" },
  ...each(nothing, "audio_output", "prediction", "verbosity", "web_search", "service_tier"),
  store: storesNothing,
  ...each(nothing, "user"),
  ...each(
    nothing,
    "safety_identifier",
    "prompt_cache_key",
    "metadata",
    "previous_response_id",
    "cache",
  ),
};
