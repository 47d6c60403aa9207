/** What sends bytes to a client: a connection of HTTP/1.1, a stream of HTTP/2. */
export interface Sender {
  /** Bytes that wait to leave; 0 when nothing does. */
  readonly waiting: number;
  /** Bytes that have left. Changes with each write that was taken, and stays where none is. */
  readonly sent: number;
  /** Gives the client up; again after each further look at which it is still there. */
  drop(): void;
}

/**
 * Drops every sender whose bytes wait and of which none has left for `timeoutMs`; up to an eighth
 * of that later. It looks from time to time, so that sending costs nothing. Call what it gives to
 * end it.
 */
export function watchSenders(senders: () => Iterable<Sender>, timeoutMs: number): () => void {
  let stuck: ReadonlyMap<Sender, Stuck> = new Map();
  const timer = setInterval(
    () => {
      stuck = checkSenders(senders(), stuck);
    },
    Math.ceil(timeoutMs / checksBeforeDrop),
  );
  timer.unref();
  return () => clearInterval(timer);
}

/** A sender that has bytes to send, as it was seen. */
interface Stuck {
  readonly sent: number;
  /** How many looks in a row have found it as it was. */
  readonly checks: number;
}

/** How often a sender is looked at before it is dropped. */
const checksBeforeDrop = 8;

function checkSenders(
  senders: Iterable<Sender>,
  before: ReadonlyMap<Sender, Stuck>,
): ReadonlyMap<Sender, Stuck> {
  const stuck = new Map<Sender, Stuck>();
  const late: Sender[] = [];
  for (const sender of senders) {
    if (sender.waiting === 0) continue;
    const { sent } = sender;
    const known = before.get(sender);
    const seen = known?.sent === sent ? known.checks + 1 : 0;
    stuck.set(sender, { sent, checks: seen });
    if (seen >= checksBeforeDrop) late.push(sender);
  }
  // Only now, for a sender that goes away changes what is iterated.
  for (const sender of late) sender.drop();
  return stuck;
}
