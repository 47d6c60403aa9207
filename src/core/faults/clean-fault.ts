import { ErrorReason } from "../../../gen/parlance/error/v1/error_reason_pb.js";
import type { SentSecrets } from "../target/outlet.ts";
import { refusesCredential, saysNetwork } from "./error-behaviour.ts";
import type { Fault } from "./fault.ts";

const MAX_MESSAGE = 4096;
const MAX_WORD = 256;
const MAX_ID = 256;

/**
 * A fault of a vendor as callers may see it: its words are bounded first and then freed of what the
 * request showed the vendor. An id that is no id is left out.
 */
export function cleanFault(fault: Fault, secrets: SentSecrets): Fault {
  if (refusesCredential(fault.reason)) return refusedCredential(fault, secrets);
  if (saysNetwork(fault.upstreamStatus)) return refusedByNetwork(fault, secrets);
  const { upstreamType, upstreamCode, upstreamParam, upstreamRequestId, detail, ...rest } = fault;
  const word = (text: string) => secrets.clean(text, MAX_WORD);
  const requestId =
    upstreamRequestId === undefined ? undefined : cleanId(upstreamRequestId, secrets);
  return {
    ...rest,
    message: secrets.clean(fault.message, MAX_MESSAGE),
    ...(detail === undefined ? undefined : { detail: secrets.clean(detail, MAX_MESSAGE) }),
    ...(upstreamType === undefined ? undefined : { upstreamType: word(upstreamType) }),
    ...(upstreamCode === undefined ? undefined : { upstreamCode: word(upstreamCode) }),
    ...(upstreamParam === undefined ? undefined : { upstreamParam: word(upstreamParam) }),
    ...(requestId === undefined ? undefined : { upstreamRequestId: requestId }),
  };
}

/**
 * A proxy or a portal on the way to the vendor refuses the gateway. Its words, which may name what
 * is in that network, are for the operator.
 */
function refusedByNetwork(fault: Fault, secrets: SentSecrets): Fault {
  const { provider, upstreamStatus = 0 } = fault;
  const whose = provider === undefined ? "the provider" : `provider ${provider}`;
  return {
    reason: ErrorReason.UPSTREAM_UNREACHABLE,
    message: `${whose} cannot be reached: what stands before it answered with status ${upstreamStatus}, which the gateway's operator has to mend`,
    detail: secrets.clean(wordsOf(fault), MAX_MESSAGE),
    ...(provider === undefined ? undefined : { provider }),
    upstreamStatus,
  };
}

/**
 * The vendor speaks of the gateway's credential, and whoever reads its words looks for the fault in
 * a key of his own. They are for the operator; the caller learns which provider it was.
 */
function refusedCredential(fault: Fault, secrets: SentSecrets): Fault {
  const { reason, provider, upstreamStatus, upstreamRequestId } = fault;
  const id = upstreamRequestId === undefined ? undefined : cleanId(upstreamRequestId, secrets);
  const whose = provider === undefined ? "this model" : `provider ${provider}`;
  const what = reason === ErrorReason.UPSTREAM_PERMISSION_DENIED ? " for this request" : "";
  return {
    reason,
    message: `the gateway's credential for ${whose} was refused${what}: the gateway's operator has to mend that`,
    detail: secrets.clean(wordsOf(fault), MAX_MESSAGE),
    ...(provider === undefined ? undefined : { provider }),
    ...(upstreamStatus === undefined ? undefined : { upstreamStatus }),
    ...(id === undefined ? undefined : { upstreamRequestId: id }),
  };
}

function wordsOf({ detail, message, upstreamCode }: Fault): string {
  return detail ?? [message, upstreamCode].filter(Boolean).join(" ");
}

/**
 * A vendor's id of a request: up to 256 visible characters of ASCII. Undefined: it is none, or
 * holds a secret.
 */
export function cleanId(id: string, secrets: SentSecrets): string | undefined {
  return id.length <= MAX_ID && /^[\x21-\x7e]+$/.test(id) && secrets.clean(id, MAX_ID) === id
    ? id
    : undefined;
}
