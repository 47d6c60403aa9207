import type { FollowUp, FollowUpRule } from "../core/follow-up.ts";
import { Life } from "../core/life.ts";
import type { RawFrame, Sender, WireAnswer, WireOutlet } from "../core/target/outlet.ts";
import { pause } from "../core/time/pause.ts";
import type { WireRequest } from "../core/wire-request.ts";
import { parseJson } from "../json/json.ts";
import { UpstreamError } from "./upstream-error.ts";

/** How answers that are still being made are waited for. */
export interface FollowUpOptions {
  readonly send: WireOutlet["send"];
  /** The next request after a reply; undefined where the reply is the answer. */
  readonly rule: FollowUpRule;
  /** The longest that all waiting may take, in milliseconds, without the requests in between. */
  readonly maxMs: number;
  /** What a failure to wait is to the caller. */
  readonly fault: (error: UpstreamError, life: Life) => unknown;
}

/**
 * Sends, and polls until the answer is there. When the caller leaves meanwhile, the answer is
 * cancelled at the vendor, where the vendor can do that.
 */
export function createFollowingSend(options: FollowUpOptions): WireOutlet["send"] {
  const { send, rule } = options;
  return async (first, life, sender) => {
    let answer = await send(first, life, sender);
    let waitedMs = 0;
    let abandon: (() => void) | undefined;
    while (isReceipt(answer)) {
      const body = await answer.bytes().catch((error) => giveUp(error, abandon));
      const parsed = parseJson(body);
      const next = parsed.ok ? rule(parsed.value) : undefined;
      if (next === undefined) return { ...answer, bytes: () => Promise.resolve(body) };
      abandon = createAbandon(options, next.abandon, { life, sender });
      waitedMs += next.delayMs;
      answer = await askOn(options, next, { waitedMs, life, sender }).catch((error) =>
        giveUp(error, abandon),
      );
    }
    return abandon === undefined ? answer : abandoning(answer, abandon);
  };
}

/** Who waits, and for how long already. */
interface Waiting {
  readonly waitedMs: number;
  readonly life: Life;
  readonly sender: Sender;
}

async function askOn(
  { send, maxMs, fault }: FollowUpOptions,
  { request, delayMs }: FollowUp,
  { waitedMs, life, sender }: Waiting,
): Promise<WireAnswer> {
  if (waitedMs > maxMs) {
    throw fault(
      new UpstreamError("timeout_headers", `the answer was not made in ${maxMs} ms`),
      life,
    );
  }
  await pause(delayMs, life);
  return send(request, life, sender);
}

function giveUp(error: unknown, abandon: (() => void) | undefined): never {
  abandon?.();
  throw error;
}

/** Only a whole JSON reply can be a receipt: a stream is an answer. */
function isReceipt({ status, headers }: WireAnswer): boolean {
  return (
    status >= 200 && status <= 299 && /^application\/json\b/.test(headers["content-type"] ?? "")
  );
}

/**
 * Tells the vendor once that nobody waits, in a life of its own, for that of the call is over. What
 * comes of it changes nothing for the caller.
 */
function createAbandon(
  { send }: FollowUpOptions,
  request: WireRequest | undefined,
  { life, sender }: Omit<Waiting, "waitedMs">,
): () => void {
  let sent = request === undefined;
  return () => {
    if (sent || request === undefined) return;
    sent = true;
    send(request, new Life(life.clock), sender).then(
      (answer) => answer.cancel(),
      () => undefined,
    );
  };
}

/** A stream of an answer that goes on being made when nobody reads it. */
function abandoning(answer: WireAnswer, abandon: () => void): WireAnswer {
  let ended = false;
  const frames = (): AsyncIterator<readonly RawFrame[]> => {
    const inner = answer.frames();
    return {
      async next() {
        const step = await inner.next();
        if (step.done === true) ended = true;
        return step;
      },
    };
  };
  const cancel = () => {
    if (!ended) abandon();
    answer.cancel();
  };
  return { ...answer, frames, cancel };
}
