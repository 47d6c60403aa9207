import type { Notice } from "../../../core/notice.ts";
import type { Target } from "../../../core/target/target.ts";
import type { EntryOwner, ShareEntries } from "../../../state/shared-entries.ts";
import type { SharedText } from "../../../state/state.ts";

/** What an operator has set for a target. Times are milliseconds since 1970. */
export interface TargetOrder {
  readonly state: OrderState;
  readonly sinceMs: number;
  /** Absent: it does not end by itself. */
  readonly untilMs?: number;
  /** "": nothing is said. */
  readonly reason: string;
  /** The name of the operator's key. */
  readonly by: string;
}

/** No new calls; `disabled`: and no health checks. */
export type OrderState = "drained" | "disabled";

/** The calls that an order is about. */
export interface OrderPlace {
  /** `provider/model`, or `provider/*` for all of a provider. */
  readonly target: string;
  /** The name of a model in the configuration; "": calls of every model. */
  readonly model: string;
}

/** What operators have set, for all threads of the gateway and those that it shares with. */
export interface TargetOrders {
  /** Whether there are none, which costs one look. */
  isEmpty(): boolean;
  /** What holds for calls of a model to a target; undefined: nothing. */
  of(target: Target, model: string): TargetOrder | undefined;
  /** Sets an order, or takes it back; false: there are too many. */
  set(place: OrderPlace, order: TargetOrder | undefined): boolean;
  close(): void;
}

/** What orders are kept in and who hears of them. */
export interface OrderOptions {
  readonly text: SharedText;
  /** The time of day in milliseconds since 1970. */
  readonly wallMs: () => number;
  readonly share: ShareEntries;
  readonly notice: (notice: Notice) => void;
}

/** Makes the orders of a gateway. */
export function createTargetOrders(options: OrderOptions): TargetOrders {
  const { text, wallMs, share, notice } = options;
  let version = text.version();
  let orders = parseOrders(text.read());
  const current = () => {
    const now = text.version();
    if (now !== version) {
      orders = parseOrders(text.read());
      version = now;
    }
    return orders;
  };
  const holds = (order: TargetOrder | undefined): order is TargetOrder =>
    order !== undefined && (order.untilMs === undefined || order.untilMs > wallMs());
  const entries = share("orders", ownerOf(text));
  return {
    isEmpty: () => current().size === 0,
    of({ provider, model: name }, model) {
      const all = current();
      for (const target of [`${provider}/${name}`, `${provider}/*`]) {
        for (const about of [model, ""]) {
          const order = all.get(keyOf({ target, model: about }));
          if (holds(order)) return order;
        }
      }
      return undefined;
    },
    set(place, order) {
      const key = keyOf(place);
      const line = order === undefined ? "" : printOrder(order);
      if (!put(text, key, line, holds)) return false;
      notice(orderNotice(place, order));
      entries.write(key, line);
      return true;
    },
    close: () => entries.close(),
  };
}

/** Writes what other gateways' operators set. What is written here outlives Redis for good. */
function ownerOf(text: SharedText): EntryOwner {
  return {
    isKept: () => true,
    onEntry({ name, text: line }) {
      if (line === "" || parseOrder(line) !== undefined) put(text, name, line, () => true);
    },
  };
}

/** Orders that are over make room. */
function put(
  text: SharedText,
  key: string,
  line: string,
  holds: (order: TargetOrder | undefined) => boolean,
): boolean {
  return text.update((known) => {
    const lines = new Map([...parseLines(known)].filter(([, one]) => holds(parseOrder(one))));
    if (line === "") lines.delete(key);
    else lines.set(key, line);
    return Array.from(lines, ([name, one]) => `${encodeURIComponent(name)} ${one}`).join("\n");
  });
}

function parseOrders(text: string): ReadonlyMap<string, TargetOrder> {
  const orders = new Map<string, TargetOrder>();
  for (const [key, line] of parseLines(text)) {
    const order = parseOrder(line);
    if (order !== undefined) orders.set(key, order);
  }
  return orders;
}

function* parseLines(text: string): Iterable<readonly [key: string, line: string]> {
  for (const line of text === "" ? [] : text.split("\n")) {
    const space = line.indexOf(" ");
    yield [decode(line.slice(0, space)), line.slice(space + 1)];
  }
}

function printOrder({ state, sinceMs, untilMs = 0, reason, by }: TargetOrder): string {
  return [state, Math.round(sinceMs), Math.round(untilMs), reason, by]
    .map((part) => encodeURIComponent(part))
    .join(" ");
}

/** Undefined where a line is none of ours. */
function parseOrder(line: string): TargetOrder | undefined {
  const [state, since, until, reason = "", by = ""] = line.split(" ").map(decode);
  const [sinceMs, untilMs] = [Number(since), Number(until)];
  if (state !== "drained" && state !== "disabled") return undefined;
  if (!(sinceMs >= 0 && untilMs >= 0)) return undefined;
  return { state, sinceMs, reason, by, ...(untilMs === 0 ? {} : { untilMs }) };
}

function decode(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return "";
  }
}

function keyOf({ target, model }: OrderPlace): string {
  return `${model}\n${target}`;
}

function orderNotice({ target, model }: OrderPlace, order: TargetOrder | undefined): Notice {
  const what = model === "" ? target : `${target} of model ${model}`;
  const state = order?.state ?? "active";
  const why = order === undefined || order.reason === "" ? "" : `: ${order.reason}`;
  const details = { target, ...(model === "" ? {} : { model }) };
  const message = order === undefined ? `${what} is back in service` : `${what} is ${state}${why}`;
  return { event: `target_${state}`, level: "info", message, details };
}
