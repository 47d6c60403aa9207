import type { DescMessage, DescMethodUnary, MessageShape } from "@bufbuild/protobuf";
import type { AwsAccess } from "../../config/guard-service-settings.ts";
import type { GoogleTokenSource } from "../../config/provider-identity.ts";
import type { GuardedCall } from "../../core/guard/guard.ts";

/** What guards reach services through. */
export interface GuardPorts {
  readonly post: ServicePost;
  /** Calls methods of gRPC at a URL. */
  readonly grpc: (url: string) => ServiceMethodCall;
  /** Signs requests to a cloud. Nothing is fetched before the first one. */
  readonly signing: (access: CloudAccess) => ServiceSigning;
  readonly askModel: AskModel;
  /** The time of day in milliseconds since 1970. */
  readonly wallMs: () => number;
}

/** A request to a service by POST. */
export interface ServiceRequest {
  /** An http or https URL. */
  readonly url: string;
  /** In lower case. */
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
  /** The reply is a failure beyond this, in bytes. */
  readonly maxReplyBytes: number;
  readonly signal: AbortSignal;
}

/** What a service replied, whatever its status. */
export interface ServiceReply {
  readonly status: number;
  readonly body: Uint8Array;
}

/**
 * Sends a request; redirects are not followed and nothing is tried again. Rejects with a
 * GuardFailure where no whole reply comes, and with the signal's reason where that is aborted.
 */
export type ServicePost = (request: ServiceRequest) => Promise<ServiceReply>;

/** Calls a method. Rejects as ServicePost does, and with a GuardFailure where it fails. */
export type ServiceMethodCall = <Input extends DescMessage, Output extends DescMessage>(
  method: DescMethodUnary<Input, Output>,
  input: MessageShape<Input>,
  headers: Readonly<Record<string, string>>,
  signal: AbortSignal,
) => Promise<MessageShape<Output>>;

/** As whom a cloud is asked. */
export type CloudAccess =
  | ({ readonly kind: "aws" } & AwsAccess)
  | { readonly kind: "google"; readonly tokens: GoogleTokenSource };

/**
 * Gives the headers that show who sends a request. Rejects with a GuardFailure where nothing can be
 * had to show.
 */
export type ServiceSigning = (
  request: Pick<ServiceRequest, "url" | "headers" | "body">,
) => Promise<ServiceSignature>;

/** What shows who sends a request. */
export interface ServiceSignature {
  /** In lower case. */
  readonly headers: Readonly<Record<string, string>>;
  /** It was refused: the next one is made with what is fetched anew. */
  readonly refused: () => void;
}

/** A question to a model of the gateway. */
export interface ModelQuestion {
  /** The guard that asks. */
  readonly guard: string;
  /** One of the config's models, or `provider/model`. */
  readonly model: string;
  /** "": none. */
  readonly instructions: string;
  readonly text: string;
  readonly maxOutputTokens: number;
  /** Who pays: whoever pays for the call that is checked, or `guard` and its name. */
  readonly payer: "key" | "guard";
  readonly about: GuardedCall;
}

/**
 * Asks a model for a text, through the gateway's own pipeline, but for guards: a judge that is
 * guarded by itself would never answer. Rejects with a GuardFailure where the call fails or the
 * answer is cut off, and with the signal's reason where that is aborted.
 */
export type AskModel = (question: ModelQuestion, signal: AbortSignal) => Promise<string>;
