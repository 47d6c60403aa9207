import { isMessage } from "@bufbuild/protobuf";
import { ChatSchema } from "../../../gen/parlance/chat/v1/chat_pb.js";
import type { Tool } from "../../../gen/parlance/chat/v1/tool_pb.js";
import { type ModelTraits, ResponsesUse } from "../../../gen/parlance/model/v1/model_traits_pb.js";
import { isObject, type Json } from "../../json/json.ts";
import type { Call, CallRequest } from "../call.ts";
import type { Dialect, EncodeOptions, Origin } from "../dialect.ts";
import { GatewayError } from "../faults/gateway-error.ts";
import type { Fit } from "../fidelity/fit.ts";
import { prefillOf } from "../traits/body-prefill.ts";
import { fitChat } from "../traits/fit-chat.ts";
import { mayHoldMedia, refusesMedia } from "../traits/fit-media.ts";
import { mayExceed } from "../traits/may-exceed.ts";
import { thinks } from "../traits/thinks.ts";
import type { WireOutlet } from "./outlet.ts";
import type { Target } from "./target.ts";

/**
 * The provider as it serves the target's model: in the caller's own dialect where it speaks it and
 * serves the operation in it, else in its first.
 */
export function outletFor(outlet: WireOutlet, call: Call, { model, traits }: Target): WireOutlet {
  const serving = outlet.families.find((family) => family.has(model))?.outlet ?? outlet;
  const demanded = traits === undefined ? undefined : byTraits(serving, call, traits);
  if (demanded !== undefined) return demanded;
  const searching = searchedBy(serving, call);
  if (searching !== undefined) return searching;
  const { origin } = call;
  if (origin === undefined || serving.alternatives.size === 0) return serving;
  const own = serving.alternatives.get(origin.dialect) ?? taker(serving, origin);
  return own?.operations.has(call.request.operation.name) === true ? own : serving;
}

/** The provider in the dialect that its model demands. Undefined: any will do. */
function byTraits(serving: WireOutlet, call: Call, traits: ModelTraits): WireOutlet | undefined {
  if (call.request.operation.name !== "chat") return undefined;
  if (traits.completionsOnly !== true) return byResponses(serving, call, traits);
  return serving.alternatives.get(COMPLETIONS) ?? serving.onDemand?.get(COMPLETIONS);
}

const COMPLETIONS = "openai-completions";
/** The provider's Responses API, where it alone searches the web and the call wants that. */
function searchedBy(serving: WireOutlet, call: Call): WireOutlet | undefined {
  const { alternatives, quirks } = serving;
  if (!("searchByResponses" in quirks) || quirks.searchByResponses !== true) return undefined;
  if (call.request.operation.name !== "chat" || !mayWantSearch(call)) return undefined;
  return alternatives.get("openai-responses");
}

function mayWantSearch({ origin, request }: Call): boolean {
  if (origin?.dialect === CHAT) {
    const { search_parameters: live, web_search_options: options, tools } = origin.json;
    const off = isObject(live) && live.mode === "off";
    if ((live ?? options ?? null) !== null) return !off;
    return (
      Array.isArray(tools) && tools.some((tool) => String(typeOf(tool)).includes("web_search"))
    );
  }
  const message = request.message();
  if (!isMessage(message, ChatSchema)) return false;
  const isSearch = ({ tool }: Tool) =>
    tool.case === "builtin" && /web_search|google_?search/i.test(tool.value.json);
  return message.webSearch !== undefined || message.tools.some(isSearch);
}

function typeOf(tool: Json): Json {
  return isObject(tool) ? (tool.type ?? "") : "";
}

/**
 * The provider's Responses API, where it serves the model by that alone, or takes tools from a
 * model that thinks by that alone. Undefined: another dialect will do.
 */
function byResponses(
  { alternatives }: WireOutlet,
  call: Call,
  traits: ModelTraits,
): WireOutlet | undefined {
  const { responses } = traits;
  if (responses === ResponsesUse.UNSPECIFIED) return undefined;
  const outlet = alternatives.get("openai-responses");
  if (outlet === undefined || responses === ResponsesUse.ALWAYS) return outlet;
  return mayCallTools(call) && thinksNow(call, traits) ? outlet : undefined;
}

/** Of a caller whose bytes could pass, they alone are read, so that they need not be decoded. */
function mayCallTools({ origin, request }: Call): boolean {
  if (origin?.dialect === CHAT) return Array.isArray(origin.json.tools);
  const message = request.message();
  return isMessage(message, ChatSchema) && message.tools.length > 0;
}

function thinksNow({ origin, request }: Call, traits: ModelTraits): boolean {
  if (origin?.dialect === CHAT) {
    const effort = origin.json.reasoning_effort;
    return typeof effort === "string" ? effort !== "none" : thinks(traits, undefined);
  }
  const message = request.message();
  return isMessage(message, ChatSchema) && thinks(traits, message.reasoning);
}

const CHAT = "openai-chat";

/** The dialect beside its first in which a provider serves callers of yet another one. */
function taker({ alternatives, dialect }: WireOutlet, origin: Origin): WireOutlet | undefined {
  if (origin.dialect === dialect.name) return undefined;
  for (const outlet of alternatives.values()) if (outlet.dialect.takes?.(origin)) return outlet;
  return undefined;
}

/**
 * How a call's body reaches the vendor. Only a caller that speaks the vendor's dialect is not
 * translated.
 */
export function fitOf(outlet: WireOutlet, call: Call, target: Target): Fit {
  const { origin, request } = call;
  if (origin?.dialect !== outlet.dialect.name) return "translated";
  const { passthrough } = outlet.dialect;
  const options = encodeOptionsOf(outlet, call, target);
  const fit = passthrough.fit?.(request.operation.name, origin, options) ?? "as_is";
  if (fit === "encoded" || fit === "translated") return fit;
  return exceedsModel(outlet.dialect, origin, request, target.traits) ? "encoded" : fit;
}

/** Whether a chat asks for what its model does not take. The vendor judges one it cannot read. */
function exceedsModel(
  { passthrough: { asks }, fitsThinking }: Dialect,
  { json }: Origin,
  { message }: CallRequest,
  traits: ModelTraits | undefined,
): boolean {
  if (traits === undefined) return false;
  if (traits.takes?.prefill === false && prefillOf(json) !== undefined) return true;
  const media = traits.takes !== undefined && refusesMedia(traits.takes) && mayHoldMedia(json);
  if (asks === undefined || !(media || mayExceed(json, asks, traits))) return false;
  try {
    const chat = message();
    return (
      isMessage(chat, ChatSchema) && fitChat(chat, traits, fitsThinking === true).report.length > 0
    );
  } catch (error) {
    if (error instanceof GatewayError) return false;
    throw error;
  }
}

/** What encoders get to know of a call to a target; a bound on the answer is added where needed. */
export function encodeOptionsOf(
  { quirks }: WireOutlet,
  { origin, request }: Call,
  { model, baseModel, traits }: Target,
): EncodeOptions {
  const contentType = origin?.contentType;
  return {
    model,
    ...(baseModel === undefined ? undefined : { baseModel }),
    ...(traits === undefined ? undefined : { traits }),
    stream: request.stream,
    ...(contentType === undefined ? undefined : { contentType }),
    quirks,
  };
}
