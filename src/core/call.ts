import type { Message } from "@bufbuild/protobuf";
import type { FieldReport } from "../../gen/parlance/call/v1/call_report_pb.js";
import type { Event } from "../../gen/parlance/chat/v1/event_pb.js";
import type { ErrorReason } from "../../gen/parlance/error/v1/error_reason_pb.js";
import type { JsonEdits } from "../json/edit.ts";
import type { OpenAttempt, RaceEntry } from "./attempt-record.ts";
import type { BesideRequest } from "./beside-request.ts";
import type { AddressList } from "./caller/address-list.ts";
import type { CallerAccess } from "./caller/caller-access.ts";
import type { EndUser } from "./caller/end-user.ts";
import type { Tenant } from "./caller/tenant.ts";
import type { DialectName, Origin } from "./dialect.ts";
import type { Fit } from "./fidelity/fit.ts";
import type { LossPolicy } from "./fidelity/loss-policy.ts";
import type { Life } from "./life.ts";
import type { Funds } from "./money/funds.ts";
import type { NameSet } from "./names/name-pattern.ts";
import type { Operation, RequestMessage } from "./operation.ts";
import type { Flowing } from "./reply/flow.ts";
import type { ParameterValue } from "./rules/parameter-places.ts";
import type { TargetFilter } from "./target/exclusion.ts";
import type { WireOutlet } from "./target/outlet.ts";
import type { Labels, Target } from "./target/target.ts";
import type { Trace } from "./trace.ts";

/**
 * One call on its way through the gateway. Never mutated: a layer that adds something passes on `{
 * ...call, it }`.
 */
export interface Call {
  readonly id: string;
  /** The model name the caller used. */
  readonly model: string;
  /**
   * What the caller wants. Its message is decoded on the first use, because the origin's bytes will
   * often do; a throw is a GatewayError.
   */
  readonly request: CallRequest;
  /** What a REST client really sent. Absent for typed callers. */
  readonly origin?: Origin | undefined;
  /** The value of a request header by its lower-case name. */
  readonly header: (name: string) => string | undefined;
  /** Cancellation, deadline and end: of the call, and within an attempt of that attempt. */
  readonly life: Life;
  /**
   * Set by the edge where it had to know who calls before it read the request, else by the
   * `authenticate` stage.
   */
  readonly principal?: Principal | undefined;
  /** Whom it is for, where that end user has bounds. Set by the `authenticate` stage. */
  readonly endUser?: EndUser | undefined;
  /** The address of the client. Absent or "": it is not known, as in process. */
  readonly clientAddress?: string | undefined;
  /** Names its span to its caller, as the header `traceparent` does. Absent: it is not traced. */
  readonly traceparent?: string | undefined;
  /** How long its caller waits for the first token of a stream, in ms. Absent: it does not say. */
  readonly firstTokenMs?: number | undefined;
  /** The number of its priority that its body said, which is taken out of it. Absent: none. */
  readonly priority?: number | undefined;
  /** Tags that stages added to those of the request; see tagsOf. Absent: none. */
  readonly addedTags?: readonly string[] | undefined;
  /** What the rules of the configuration made of it. Absent: there are none, or none acted. */
  readonly ruling?: Ruling | undefined;
  /** Set by stages before the route that keep the call from some targets. Absent: from none. */
  readonly excludes?: TargetFilter | undefined;
  /** What rules changed of the request of a fallback, for the report of its answer. Absent: nothing. */
  readonly altered?: readonly FieldReport[] | undefined;
  /** What the caller says is done when a try fails. Absent: nothing. */
  readonly recovery?: CallerRecovery | undefined;
  /** The arm of an experiment that it has. Absent: its model is not split. */
  readonly arm?: Arm | undefined;
  /** The guards that its body names, which are taken out of it. Absent: none. */
  readonly wantedGuards?: readonly string[] | undefined;
  /** True: it is the question of a guard, which no guard looks at. Absent: it is a caller's. */
  readonly unguarded?: true | undefined;
  /** What the guards of the configuration have looked at. Absent: nothing yet. */
  readonly guarded?: GuardedRequest | undefined;
  /** The text of an answer that broke off and is gone on with. Absent: the answer begins here. */
  readonly said?: string | undefined;
  /** Its answer is compared with that of a copy, or it is the copy, which is tried once. */
  readonly shadow?: "compared" | "copy" | undefined;
  /** What is held of budgets for it. Absent: none holds for it. */
  readonly funds?: Funds | undefined;
  /** Set by the route, for each attempt. */
  readonly attempt?: Attempt | undefined;
  readonly trace: Trace;
}

/** What the rules of the configuration made of a call. */
export interface Ruling {
  /** The rules that acted, in order, by their names. */
  readonly rules: readonly string[];
  /** What they did, in words; part of why a target is tried. "": nothing. */
  readonly why: string;
  /** How each rule that was tried was found. Absent: nobody looks at it. */
  readonly tried?: readonly TriedRule[];
}

/** How a rule of the configuration was found for a call. */
export interface TriedRule {
  readonly name: string;
  readonly holds: boolean;
  readonly acts: boolean;
  /** What it does, or why its condition cannot be computed. */
  readonly note: string;
}

/** A request that guards have looked at. */
export interface GuardedRequest {
  /** As they left it: another one has to be looked at again. */
  readonly request: CallRequest;
  /** The guards that bind the call whichever model is tried. */
  readonly names: ReadonlySet<string>;
  /** The guards that its caller does without. */
  readonly without: readonly string[];
  /** Whether guards that bind the call look at its answer too. */
  readonly answers: boolean;
  /** Whether placeholders stand in it for what is to stand in the answer again. */
  readonly restores: boolean;
}

/** An arm of an experiment, by their names. */
export interface Arm {
  readonly experiment: string;
  readonly name: string;
}

/** The operation that is called, and its request. */
export interface CallRequest {
  readonly operation: Operation;
  /** Whether the result is wanted piece by piece; false where the operation has no stream. */
  readonly stream: boolean;
  /** The request in the contract's words: a message of `operation.request`. */
  readonly message: () => RequestMessage;
  /**
   * What the request says beside its message. Absent, or undefined: nothing, or the caller is
   * typed.
   */
  readonly beside?: (() => BesideRequest | undefined) | undefined;
  /**
   * Takes a message apart that holds several requests, each answered with choices of its own.
   * Absent: it is one request.
   */
  readonly parts?: ((message: RequestMessage) => readonly RequestMessage[]) | undefined;
  /**
   * The same request with other members in its body, which is the same else, byte for byte. Throws
   * where they are no members of the dialect. Absent: the caller sent no JSON, or it no longer says
   * what is requested.
   */
  readonly edit?: ((edits: JsonEdits) => EditedRequest) | undefined;
}

/** A request whose body was edited. */
export interface EditedRequest {
  readonly request: CallRequest;
  readonly origin: Origin;
}

/** What a caller says is done when a try of its call fails. */
export interface CallerRecovery {
  /** Models to try in place of the fallbacks of the config. Absent: those. */
  readonly fallbacks?: readonly CallerFallback[];
  /** Models for prompts that are too long, by the model that failed. Absent: those of the config. */
  readonly contextFallbacks?: ModelLists;
  /** Models for content that is refused, by the model that failed. Absent: those of the config. */
  readonly contentFallbacks?: ModelLists;
  /** True: the call falls back to no model. */
  readonly disabled?: boolean;
  /** Tries after the first, from 0 to 19. Absent: as the model's settings say. */
  readonly retries?: number;
  /** The failure that stands for every try of the first model, for tests of fallbacks. */
  readonly pretended?: ErrorReason;
}

/** Names of models by the name of a model, or by `*` for all that are not named. */
export type ModelLists = ReadonlyMap<string, readonly string[]>;

/** A model that a caller wants its call to fall back to. */
export interface CallerFallback {
  readonly model: string;
  /** Makes the call that this model gets. Absent: the same. */
  readonly alter?: AlterCall;
}

/** Makes a call with another request. Throws a GatewayError where that is none. */
export type AlterCall = <C extends AlterableCall>(call: C) => C;

/** The parts of a call that a fallback may have other ones of. */
export type AlterableCall = Pick<
  Call,
  "header" | "origin" | "request" | "addedTags" | "recovery" | "altered"
>;

/** Who calls. */
export interface Principal {
  readonly name: string;
  /** The team of its key. Absent: none. */
  readonly team?: string;
  /** Whose limits and budgets hold for its calls, the smallest first. Absent: nobody's. */
  readonly tenants?: readonly Tenant[];
  /** Tags of all of its calls. Absent: none. */
  readonly tags?: readonly string[];
  readonly admin: boolean;
  /** What it may do over the admin services. Absent: everything for admins, else nothing. */
  readonly access?: CallerAccess;
  /** The operations that it may call. Absent: all. */
  readonly operations?: ReadonlySet<string>;
  /** The model names it may use, patterns among them; undefined for all. */
  readonly models: NameSet | undefined;
  /** The targets that its calls may go to, as `provider/model`. Absent: all. */
  readonly targets?: NameSet;
  /** Models by names that it alone has for them. Absent: none. */
  readonly aliases?: ReadonlyMap<string, string>;
  /** Labels that a target needs for its calls. Absent: none. */
  readonly labels?: Labels;
  /** Its share of the turns in queues. Absent: 1. */
  readonly queueWeight?: number;
  /** The number of its calls' priority in queues, and the lowest they may have. Absent: none. */
  readonly priority?: number;
  /** Parameters of its chats that say none themselves. Absent: none. */
  readonly defaults?: readonly ParameterValue[];
  /** The addresses that it may call from. Absent: all. */
  readonly addresses?: AddressList;
  /** Its calls are refused where they would lose something on the way to a vendor. */
  readonly strict: boolean;
  /** The guards of its calls. Absent: none. */
  readonly guards?: readonly string[];
  /** Guards that its calls may do without. Absent: none. */
  readonly optionalGuards?: ReadonlySet<string>;
}

/** What a try is made with. Chosen once, by the route, for everything that comes after it. */
export interface Attempt {
  readonly target: Target;
  /** The way to the vendor, in the dialect that it is called in. */
  readonly outlet: Outlet;
  /** Whether the caller's bytes go out, with the edits that fit them to the vendor. */
  readonly passes: boolean;
  /** How the caller's bytes were fitted. Absent: they were not, or there are none. */
  readonly fit?: Fit | undefined;
  /** What the call may lose on the way to this target. */
  readonly losses: LossPolicy;
  /** The model that is tried: the one the caller named, or a fallback. Absent: that one. */
  readonly model?: string | undefined;
  /** Whether that model is a fallback of the one that the caller named. Absent: it is not. */
  readonly fallback?: true | undefined;
  /** Why this target, in words. */
  readonly why?: string | undefined;
  /** The race that it is part of. Absent: it runs alone. */
  readonly race?: RaceEntry | undefined;
  /** True: it goes on with the text of a try that broke off. */
  readonly continues?: true | undefined;
  /** What is recorded of the try. */
  readonly record: OpenAttempt;
}

/** A way out of the gateway: a vendor behind HTTP, or one in this process. */
export type Outlet = WireOutlet | LocalOutlet;

/** A vendor in this process. */
export interface LocalOutlet {
  readonly kind: "local";
  readonly provider: string;
  readonly handler: Handler;
}

/** The answer to a call, in hand when its first content is. */
export interface Reply {
  /** Ends with the answer: that of the attempt that made it, or of the call. */
  readonly life: Life;
  readonly target: Target;
  readonly dialect: DialectName;
  /** What became of fields that were not simply forwarded. */
  readonly report: readonly FieldReport[];
  /**
   * Headers of the vendor's reply that callers may see, lower-case names. Empty where there was no
   * HTTP.
   */
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Body;
}

/** The body of a reply: a stream where the call wants one, else whole. */
export type Body =
  | {
      readonly kind: "whole";
      /** A message of `operation.result`; decoded on the first use where the bytes passed. */
      readonly result: () => Message;
      /** The vendor's own bytes, where the caller speaks its dialect and nobody changed them. */
      readonly wire?: Uint8Array;
    }
  | {
      readonly kind: "stream";
      /** The media type of bytes that are no events, such as sound. Absent: they are events. */
      readonly contentType?: string;
      /**
       * Throws a GatewayError if the stream breaks. Whoever takes it iterates to the end, has it
       * flow, or calls the iterator's `return`.
       */
      readonly pieces: Flowing<Piece>;
    };

/**
 * Some of a stream: what it says, as far as a stage looks at that (`Stage.sees`), and the vendor's
 * own bytes, where they may pass. What has no bytes is encoded from its events. One with neither is
 * a sign of life.
 */
export interface Piece {
  readonly events: readonly Event[];
  readonly wire?: Uint8Array;
}

/**
 * Settles when the first content is there, or a whole answer without any. A rejection (always a
 * GatewayError, else it is a bug) means that the caller has seen nothing yet, so that another try
 * is safe.
 */
export type Handler = (call: Call) => Promise<Reply>;

/** Wraps a handler in a policy. */
export type Layer = (next: Handler) => Handler;
