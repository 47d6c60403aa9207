import type { Chat } from "../../gen/parlance/chat/v1/chat_pb.js";
import type { JsonObject } from "../json/json.ts";
import type { Fault } from "./faults/fault.ts";
import type { MediaKind } from "./media.ts";
import type { ToolNameRule } from "./names/tool-names.ts";
import type { OperationName } from "./operation.ts";
import type { Quirks } from "./quirks.ts";
import type { Target } from "./target/target.ts";

/**
 * What a vendor cannot do in one request, by its model and quirks. Declared by the dialect, brought
 * about by the policies in front of the dispatch. A question that is not answered here is answered
 * with no.
 */
export interface Emulation<Q = Quirks> {
  /**
   * Media that the vendor takes as bytes and not by http(s) address. Undefined: it takes both, or
   * neither.
   */
  bytesOnly?(
    operation: OperationName,
    model: string,
    quirks: Q,
  ): ReadonlySet<MediaKind> | undefined;
  /** Whether the vendor takes this very address, even where `bytesOnly` names its kind. */
  takesAddress?(url: string): boolean;
  /** Whether a call gives one answer, whatever `n` asks for. */
  singleAnswer?(model: string, quirks: Q): boolean;
  /** How many inputs one call of embed takes. Undefined: as many as there are, or nobody knows. */
  embedInputs?(model: string, quirks: Q): number | undefined;
  /**
   * Which names of tools the vendor takes: others are sent under names that fit. Undefined: any, or
   * it takes no tools.
   */
  toolNames?(model: string, quirks: Q): ToolNameRule | undefined;
  /**
   * Whether the names of tools in a body that passes obey the rule. Absent: they are the caller's
   * own affair, who speaks the vendor's dialect.
   */
  holdsToolNames?(body: JsonObject, rule: ToolNameRule): boolean;
  /**
   * Forms of tools that the vendor lacks, so that they are sent as functions. Undefined: it takes
   * all, or no tools at all.
   */
  lacksToolForms?(model: string, quirks: Q): ReadonlySet<ToolForm> | undefined;
  /** Whether the vendor keeps what is marked of prompts in its cache, and nothing else. */
  cachesMarked?(model: string, quirks: Q): boolean;
  /**
   * How an answer in JSON is brought about that the vendor cannot be bound to, at all or beside
   * what else the chat holds. Undefined: it can, none is requested, or the format is refused.
   */
  jsonAnswer?(chat: Chat, model: string, quirks: Q): JsonAnswer | undefined;
  /**
   * Whether a body of the dialect holds tools of such forms, so that it must not pass where the
   * vendor lacks them. Absent: the dialect has none.
   */
  holdsToolForms?(json: JsonObject): boolean;
  /**
   * Whether the vendor cannot count the tokens of a prompt for the model, though it has the
   * operation.
   */
  uncounted?(model: string, quirks: Q): boolean;
  /**
   * Whether a failed count says that the vendor cannot count for the model, which only the vendor
   * knew.
   */
  countRefused?(fault: Fault): boolean;
  /**
   * Whether a model goes on with an answer that stands last in the conversation. Undefined: nobody
   * knows.
   */
  continues?(
    target: Pick<Target, "model" | "baseModel" | "traits">,
    quirks: Q,
  ): boolean | undefined;
  /**
   * How the tokens of a prompt are counted here. Undefined: by default rules, so that the count is
   * a rough estimate.
   */
  countingRules?(model: string, quirks: Q): CountingRules | undefined;
}

/**
 * How an answer in JSON is emulated: by a tool whose arguments are the answer, or by words in the
 * prompt.
 */
export type JsonAnswer = "tool" | "prompt";

/** What a tool may be beside a plain function: free text as its input, or in a namespace. */
export type ToolForm = "custom" | "namespace";

/** Of a vendor that takes functions and no other tools of the caller. */
export const functionsOnly: ReadonlySet<ToolForm> = new Set(["custom", "namespace"]);

/** What is known of how a model counts the tokens of its prompts. All numbers are tokens. */
export interface CountingRules {
  readonly encoding: "o200k_base" | "cl100k_base";
  /** For each tool, before its name and description. */
  readonly toolStart: number;
  readonly image: ImageRules;
}

/**
 * What a picture takes. Tiles: `base`, and `tile` for each square of 512 pixels after it was scaled
 * to fit 2048 by 2048 and its shorter side to 768; seen roughly, `base` alone. Patches: `factor`
 * for each square of 32 pixels, of which there are at most 1536.
 */
export type ImageRules =
  | { readonly kind: "tiles"; readonly base: number; readonly tile: number }
  | { readonly kind: "patches"; readonly factor: number };
