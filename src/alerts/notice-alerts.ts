import { AlertEvent } from "../../gen/parlance/config/v1/alert_pb.js";
import type { Notice } from "../core/notice.ts";
import type { Happening } from "./alert.ts";

/** What a notice says of a happening: that it begins, that it ends, or that it was. */
export type NoticeAlert =
  | { readonly kind: "begins"; readonly happening: Happening }
  | { readonly kind: "ends"; readonly happening: Happening }
  | {
      readonly kind: "once";
      readonly happening: Happening;
      /** Which of its happenings it is, such as the start of a window; "": it is not known. */
      readonly period: string;
    };

type Row = (notice: Notice) => NoticeAlert;

/** What people are told of by what the log says. Other notices are for the log alone. */
export function alertOfNotice(notice: Notice): NoticeAlert | undefined {
  return Object.hasOwn(rows, notice.event) ? rows[notice.event]?.(notice) : undefined;
}

const rows: Readonly<Record<string, Row>> = {
  budget_soft_exceeded: budget("is spent as far as it warns of"),
  budget_exceeded: budget("has no room for a call"),
  circuit_opened: begins(AlertEvent.TARGET_DOWN, (what) => `${kindOf(what)} is down`),
  circuit_closed: ends(AlertEvent.TARGET_DOWN, (what) => `${kindOf(what)} is up again`),
  store_down: begins(AlertEvent.STORE_DOWN, () => "the database does not answer"),
  store_up: ends(AlertEvent.STORE_DOWN, () => "the database answers again"),
  store_thread_ended: once(AlertEvent.STORE_DOWN, () => "the thread of the store has ended"),
  journal_unwritable: once(AlertEvent.STORE_DOWN, () => "the journal cannot be written"),
  records_dropped: once(AlertEvent.STORE_DOWN, () => "records of calls are dropped"),
  redis_unavailable: begins(AlertEvent.STATE_DOWN, () => "Redis does not answer"),
  redis_available: ends(AlertEvent.STATE_DOWN, () => "Redis answers again"),
  sink_down: begins(AlertEvent.SINK_DOWN, (what) => `the sink ${what} takes nothing`),
  sink_up: ends(AlertEvent.SINK_DOWN, (what) => `the sink ${what} works again`),
  sink_dropped: once(AlertEvent.SINK_DOWN, (what) => `what the sink ${what} was to get is lost`),
};

type Title = (about: string) => string;

function kindOf(about: string): string {
  return about.startsWith("credential ") ? about : `target ${about}`;
}

function begins(event: AlertEvent, title: Title): Row {
  return (notice) => ({ kind: "begins", happening: happeningOf(event, title, notice) });
}

function ends(event: AlertEvent, title: Title): Row {
  return (notice) => ({ kind: "ends", happening: happeningOf(event, title, notice) });
}

function once(event: AlertEvent, title: Title): Row {
  return (notice) => {
    const { about, ...happening } = happeningOf(event, title, notice);
    // Beside that of the same event which has an end.
    const own = about === "" ? notice.event : `${notice.event} ${about}`;
    return { kind: "once", happening: { ...happening, about: own }, period: "" };
  };
}

function budget(what: string): Row {
  return (notice) => {
    const { owner = "", since = "" } = notice.details ?? {};
    return {
      kind: "once",
      happening: {
        ...happeningOf(AlertEvent.BUDGET_CROSSED, () => `the budget of ${owner} ${what}`, notice),
        about: `${notice.event} ${owner} ${notice.details?.limit_usd ?? ""}`,
      },
      period: String(since),
    };
  };
}

function happeningOf(event: AlertEvent, title: Title, { message, details }: Notice): Happening {
  const about = aboutOf(details ?? {});
  const happening = { event, about, title: title(about), text: message };
  return details === undefined ? happening : { ...happening, details };
}

function aboutOf({ target, provider, credential, sink }: NonNullable<Notice["details"]>): string {
  if (credential !== undefined) return `credential ${credential} of ${provider}`;
  return String(target ?? sink ?? "");
}
