/** What guards reach services through. */
export interface GuardPorts {
  readonly post: ServicePost;
  /** The time of day in milliseconds since 1970. */
  readonly wallMs: () => number;
}

/** A request to a service by POST. */
export interface ServiceRequest {
  /** An http or https URL. */
  readonly url: string;
  /** In lower case. */
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string | Uint8Array;
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
