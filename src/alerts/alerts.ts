import { AlertEvent } from "../../gen/parlance/config/v1/alert_pb.js";
import type { AlertSettings, AlertSinkSettings } from "../config/alert-settings.ts";
import type { Settings } from "../config/settings.ts";
import type { CallRecord } from "../core/ledger/call-record.ts";
import type { Notice } from "../core/notice.ts";
import { createBatchSink } from "../sinks/batch-sink.ts";
import { webhookPlace } from "../sinks/places/webhook-place.ts";
import { createReplaceable } from "../sinks/replaceable.ts";
import type { Place, SinkWorld } from "../sinks/sink.ts";
import type { State } from "../state/state.ts";
import type { Alert, Happening } from "./alert.ts";
import { AlertBook, type AlertSharing } from "./alert-book.ts";
import { type CallShares, createCallShares } from "./call-shares.ts";
import { alertOfNotice } from "./notice-alerts.ts";
import { alertsJson } from "./places/alert-json.ts";
import { emailPlace } from "./places/email-place.ts";
import { pagerdutyPlace } from "./places/pagerduty-place.ts";
import { slackPlace } from "./places/slack-place.ts";

/** Tells people what happens, as the configuration says. Nothing waits for it. */
export interface Alerts {
  /** Has another configuration; what waits is still sent. */
  readonly configure: (settings: Pick<Settings, "alerts" | "models">) => void;
  /** Begins to share with other gateways what was said. */
  readonly connect: (sharing: AlertSharing) => void;
  /** Takes what the log says. */
  readonly notice: (notice: Notice) => void;
  /** Takes a call that is over. */
  readonly record: (record: CallRecord) => void;
  /** Tells of something that has no end, once in its period. */
  readonly tell: (happening: Happening, period: string) => void;
  /** Whether a sink has an event. */
  readonly has: (event: AlertEvent) => boolean;
  /** The places by the names of their sinks, for tests of them. */
  readonly places: () => ReadonlyMap<string, Place<Alert>>;
  /** Sends what waits, as far as that goes within a time in milliseconds. */
  readonly close: (graceMs: number) => Promise<void>;
}

/** What alerts need of the world. */
export interface AlertWorld extends SinkWorld {
  readonly state: Pick<State, "records" | "alone" | "tallies" | "slots">;
}

/** How often shares of calls are looked at, in milliseconds. */
const lookMs = 10_000;

/** Alerts that wait for a sink in each thread; more are dropped and counted. */
const maxWaiting = 1_000;

/** A world whose notices people are told of too, as far as the configuration says, and what tells. */
export function withAlerts<World extends AlertWorld>(
  world: World,
): {
  readonly alerts: Alerts;
  readonly world: World & { readonly shareAlerts: Alerts["connect"] };
} {
  const notice = (said: Notice): void => {
    world.notice(said);
    alerts.notice(said);
  };
  // What is sent is said in the log too where it fails.
  const alerts = createAlerts({ ...world, notice });
  return { alerts, world: { ...world, notice, shareAlerts: alerts.connect } };
}

/** Makes what tells nobody until it is configured. */
function createAlerts(world: AlertWorld): Alerts {
  const inForce = createReplaceable((settings: Configured | undefined) =>
    settings === undefined ? undefined : openSinks(settings, world, book),
  );
  const book: AlertBook = new AlertBook({
    ...world,
    settleMs: () => inForce.current()?.settleMs ?? 0,
    send: (alert) => inForce.current()?.send(alert),
  });
  return {
    configure({ alerts, models }) {
      const isOff = alerts.sinks.length === 0;
      inForce.configure(isOff ? undefined : { alerts, models: [...models.keys()] });
    },
    connect: (sharing) => book.connect(sharing),
    notice(notice) {
      const said = inForce.current() && alertOfNotice(notice);
      if (said?.kind === "begins") book.begin(said.happening);
      else if (said?.kind === "ends") book.end(said.happening);
      else if (said !== undefined) book.tell(said.happening, said.period);
    },
    record: (record) => inForce.current()?.shares?.record(record),
    tell: (happening, period) => book.tell(happening, period),
    has: (event) => inForce.current()?.events.has(event) === true,
    places: () => inForce.current()?.places ?? new Map(),
    async close(graceMs) {
      book.close();
      await inForce.close(graceMs);
    },
  };
}

/** What is made anew when it changes. */
interface Configured {
  readonly alerts: AlertSettings;
  readonly models: readonly string[];
}

function openSinks({ alerts, models }: Configured, world: AlertWorld, book: AlertBook) {
  const sinks = alerts.sinks.map((settings) => {
    const { name, events, to } = settings;
    const place = placeOf(to, world.wallMs);
    const options = { name, place, maxWaiting, world, what: "alerts" };
    return { name, events, place, ...createBatchSink<Alert>({ ...options, fit: (one) => one }) };
  });
  const events = new Set(sinks.flatMap((sink) => [...sink.events]));
  const counts = events.has(AlertEvent.ERROR_RATE) || events.has(AlertEvent.SLOW);
  const shares = counts
    ? createCallShares({ ...world, settings: alerts, models: new Set(models), book }, events)
    : undefined;
  const stop = shares && lookAgain(shares, world);
  return {
    settleMs: alerts.settleMs,
    events,
    shares,
    places: new Map(sinks.map(({ name, place }) => [name, place])),
    send(alert: Alert) {
      for (const sink of sinks) if (isFor(alert, sink)) sink.record(() => alert);
    },
    async close(graceMs: number) {
      stop?.();
      await Promise.all(sinks.map((sink) => sink.close(graceMs)));
    },
  };
}

/** A sink is not told of itself. TARGET_UP is the end of TARGET_DOWN. */
function isFor(
  { event, state, details }: Alert,
  { name, events }: Pick<AlertSinkSettings, "name" | "events">,
): boolean {
  if (event === AlertEvent[AlertEvent.SINK_DOWN] && details?.sink === name) return false;
  const isUp = event === AlertEvent[AlertEvent.TARGET_DOWN] && state === "resolved";
  if (isUp && events.has(AlertEvent.TARGET_UP)) return true;
  return [...events].some((one) => AlertEvent[one] === event);
}

/** One thread looks for all. */
function lookAgain(shares: CallShares, { state, schedule }: AlertWorld): () => void {
  const looker = state.slots("alert looker");
  let holds = false;
  let callOff = (): void => undefined;
  const look = (): void => {
    holds ||= looker.take(1);
    if (holds) shares.look();
    callOff = schedule(look, lookMs);
  };
  callOff = schedule(look, lookMs);
  return () => {
    callOff();
    if (holds) looker.give();
  };
}

function placeOf(to: AlertSinkSettings["to"], wallMs: () => number): Place<Alert> {
  switch (to.kind) {
    case "slack":
      return slackPlace(to);
    case "email":
      return emailPlace(to);
    case "pagerduty":
      return pagerdutyPlace(to);
    case "webhook":
      return webhookPlace(to, wallMs, alertsJson);
  }
}
