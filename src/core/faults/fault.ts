import { ErrorReason } from "../../../gen/parlance/error/v1/error_reason_pb.js";

/** A field that is wrong: its path, what is wrong and what would be right. */
export interface FieldFault {
  readonly field: string;
  readonly message: string;
  /** The rule it breaks, such as `string.min_len`. */
  readonly ruleId?: string;
}

/** A budget that has no room for a call. Amounts are whole nano-USD. */
export interface BudgetFault {
  /** Whose it is, in words: `key dev`. */
  readonly owner: string;
  readonly limitNanoUsd: bigint;
  /** What is spent and held of it. Absent: what gateways share is out of reach. */
  readonly spentNanoUsd?: bigint;
  /** When it is fresh again, in milliseconds since 1970. Absent: never, or bit by bit. */
  readonly resetsAtMs?: number;
}

/** How many fields a fault names at most: errors travel in headers and trailers too. */
export const MAX_FAULT_FIELDS = 64;

/**
 * A failure as a plain value: what dialects and parsers give back instead of throwing. Holds no
 * secret and no prompt text.
 */
export interface Fault {
  readonly reason: ErrorReason;
  /** What happened, to which field, what to do. */
  readonly message: string;
  /**
   * What the gateway's operator may read and callers may not: addresses, what the system said, a
   * vendor's words about the gateway's credential. It is logged and never sent.
   */
  readonly detail?: string;
  readonly fields?: readonly FieldFault[];
  /** The vendor's HTTP status, where there was one. */
  readonly upstreamStatus?: number;
  /** The vendor's word for the kind of error, such as `rate_limit_error`. */
  readonly upstreamType?: string;
  /** The vendor's code, such as `insufficient_quota`. */
  readonly upstreamCode?: string;
  /** The vendor's `param`, where it names the field. */
  readonly upstreamParam?: string;
  readonly upstreamRequestId?: string;
  /**
   * Headers of the vendor's reply that callers may see, such as its rate limits; lower-case names.
   */
  readonly upstreamHeaders?: Readonly<Record<string, string>>;
  readonly retryAfterMs?: number;
  /**
   * True: the vendor says that its own clients would not send the request again
   * (`x-should-retry: false`), as where a quota is used up. Absent: it does not say so.
   */
  readonly final?: true;
  /** True: a limit of a target, or a budget, has no room for this try, and nothing was sent. */
  readonly heldBack?: true;
  /** Whose limit has no room, by its kind such as `key`; see `parlance_limit_refusals`. */
  readonly limitScope?: string;
  /** The budget that has no room. */
  readonly budget?: BudgetFault;
  /**
   * The vendor's own frames that tell the failure to clients of its dialect, with all before them
   * that were held back. Empty: they were handed on already.
   */
  readonly frames?: Uint8Array;
  /** The provider that failed, by its name in the configuration. */
  readonly provider?: string;
}

/** The fault that a caller gets for a bug. */
export const gatewayFailed: Fault = {
  reason: ErrorReason.INTERNAL,
  message: "the gateway failed: its log says why, under this call's id",
};

/** A fault about one field of a request. */
export function invalidField(field: string, message: string): Fault {
  return {
    reason: ErrorReason.INVALID_REQUEST,
    message: `${field}: ${message}`,
    fields: [{ field, message }],
  };
}

/** A fault about fields of a request, at most 64. */
export function invalidFields(all: readonly FieldFault[]): Fault {
  const fields = all.slice(0, MAX_FAULT_FIELDS);
  const listed = fields.map(({ field, message }) => `${field}: ${message}`).join("; ");
  return { reason: ErrorReason.INVALID_REQUEST, message: listed.slice(0, 4096), fields };
}

/** A fault about a vendor's answer that is not what its dialect says. */
export function malformed(message: string): Fault {
  return { reason: ErrorReason.UPSTREAM_MALFORMED, message };
}

/** The fault of a reply that has more of something than it may; undefined where it has not. */
export function tooMany(count: number, max: number, what: string): Fault | undefined {
  return count <= max ? undefined : malformed(`the provider's answer has more than ${max} ${what}`);
}
