import { createHash } from "node:crypto";
import { AlertEvent } from "../../gen/parlance/config/v1/alert_pb.js";

/** Something that people are told of. It holds no secrets and no content. */
export interface Happening {
  readonly event: AlertEvent;
  /** What it is about, such as a target; with the event it says which happening it is. */
  readonly about: string;
  /** It in a few words. */
  readonly title: string;
  /** It in a sentence or two, with the numbers. */
  readonly text: string;
  readonly details?: Readonly<Record<string, string | number>>;
}

/** What a sink of alerts is sent. */
export interface Alert extends Omit<Happening, "event"> {
  /** The same when it is sent again. */
  readonly id: string;
  /** A name of AlertEvent, or `TEST`. */
  readonly event: string;
  /** `raised` and later `resolved`, or `noted` where there is no end. */
  readonly state: AlertState;
  /** In milliseconds since 1970. */
  readonly atMs: number;
}

/** What has become of what an alert is about. */
export type AlertState = "raised" | "resolved" | "noted";

/** The alert of a happening. `since` tells it from others that are about the same. */
export function alertOf(
  happening: Happening,
  { state, atMs, since }: Pick<Alert, "state" | "atMs"> & { readonly since: string | number },
): Alert {
  const event = AlertEvent[happening.event];
  const identity = [event, happening.about, state, since].join("\n");
  const id = createHash("sha256").update(identity).digest("hex").slice(0, 32);
  return { ...happening, id, event, state, atMs };
}

/** An alert of nothing, for tests of sinks. */
export function madeUpAlert(id: string, atMs: number): Alert {
  return {
    ...{ id, event: "TEST", about: "", state: "noted", atMs },
    title: "this is a test",
    text: "Somebody has tested this sink of alerts: nothing has happened.",
  };
}
