import type { SentSecrets } from "../outlet.ts";
import type { Fault } from "./fault.ts";

const MAX_MESSAGE = 4096;
const MAX_WORD = 256;
const MAX_ID = 256;

/**
 * A fault of a vendor as callers may see it: its words are bounded first and then freed of what the
 * request showed the vendor. An id that is no id is left out.
 */
export function cleanFault(fault: Fault, secrets: SentSecrets): Fault {
  const { upstreamType, upstreamCode, upstreamParam, upstreamRequestId, ...rest } = fault;
  const word = (text: string) => secrets.clean(text, MAX_WORD);
  const requestId =
    upstreamRequestId === undefined ? undefined : cleanId(upstreamRequestId, secrets);
  return {
    ...rest,
    message: secrets.clean(fault.message, MAX_MESSAGE),
    ...(upstreamType === undefined ? undefined : { upstreamType: word(upstreamType) }),
    ...(upstreamCode === undefined ? undefined : { upstreamCode: word(upstreamCode) }),
    ...(upstreamParam === undefined ? undefined : { upstreamParam: word(upstreamParam) }),
    ...(requestId === undefined ? undefined : { upstreamRequestId: requestId }),
  };
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
