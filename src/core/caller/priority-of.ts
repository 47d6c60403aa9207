import { Priority } from "../../../gen/parlance/config/v1/queue_pb.js";
import type { Call } from "../call.ts";
import { invalidField } from "../faults/fault.ts";
import { GatewayError } from "../faults/gateway-error.ts";

/** The numbers of the named priorities, as LiteLLM has them: lower ones are sooner. */
export const priorityNumbers: Readonly<Record<Exclude<Priority, 0>, number>> = {
  [Priority.HIGH]: 0,
  [Priority.NORMAL]: 128,
  [Priority.LOW]: 255,
};

/** The header by which callers say the priority of a call: a word, or a number. */
export const priorityHeader = "x-parlance-priority";

/** The number of the last to have a turn. */
export const maxPriority = 255;

/**
 * The number of a call's priority in queues, from 0 to 255, lower ones sooner: that of its header,
 * of its body or its typed field, of its key or NORMAL, and never lower than its key's. Throws
 * INVALID_REQUEST where the header says neither a word nor a number.
 */
export function priorityOf({
  header,
  priority,
  principal,
  origin,
  request,
}: Pick<Call, "header" | "priority" | "principal" | "origin" | "request">): number {
  const text = header(priorityHeader)?.trim() ?? "";
  const said = priority ?? (origin === undefined ? request.message().priority : undefined);
  const wanted = text === "" ? said : readPriority(text);
  const own = principal?.priority;
  if (wanted === undefined) return own ?? priorityNumbers[Priority.NORMAL];
  return own === undefined ? wanted : Math.max(own, wanted);
}

/**
 * Takes the number out of a body by which LiteLLM's clients say the priority of a call
 * (https://docs.litellm.ai/docs/scheduler). Anything else there is the vendor's affair.
 */
export function takePriority(call: Call): Call {
  const { origin, request } = call;
  const value = origin?.json.priority;
  if (typeof value !== "number" || request.edit === undefined) return call;
  if (!Number.isInteger(value) || value < 0 || value > maxPriority)
    throw new GatewayError(
      invalidField(
        "priority",
        `must be a whole number from 0 to ${maxPriority}, lower ones sooner`,
      ),
    );
  return { ...call, ...request.edit({ priority: null }), priority: value };
}

function readPriority(text: string): number {
  const word = words.get(text.toUpperCase());
  if (word !== undefined) return word;
  const number = /^\d{1,3}$/.test(text) ? Number(text) : Number.NaN;
  if (number <= maxPriority) return number;
  const message = `must be HIGH, NORMAL, LOW or a whole number from 0 to ${maxPriority}`;
  throw new GatewayError(invalidField(priorityHeader, message));
}

const words: ReadonlyMap<string, number> = new Map([
  ["HIGH", priorityNumbers[Priority.HIGH]],
  ["NORMAL", priorityNumbers[Priority.NORMAL]],
  ["LOW", priorityNumbers[Priority.LOW]],
]);
