import type { PagerdutySettings } from "../../config/alert-settings.ts";
import { post } from "../../sinks/places/post.ts";
import type { Place } from "../../sinks/sink.ts";
import type { Alert } from "../alert.ts";
import { headline, oneLine } from "./alert-words.ts";

/**
 * A service of PagerDuty: https://developer.pagerduty.com/docs/events-api-v2-overview (2026-11).
 * It takes events one by one; the key of an incident is that of the happening, so that what is sent
 * again changes nothing, and what is over resolves it.
 */
export function pagerdutyPlace({ routingKey, url }: PagerdutySettings): Place<Alert> {
  return {
    async send(alerts, signal) {
      for (const alert of alerts) {
        const body = JSON.stringify(eventOf(alert, routingKey.reveal()));
        const failure = await post(url, { "content-type": "application/json" }, body, signal);
        if (failure !== undefined) return failure;
      }
      return undefined;
    },
  };
}

/** The bounds of the API, in characters. */
const maxKey = 255;
const maxSummary = 1_024;

function eventOf(alert: Alert, routingKey: string): object {
  const { id, event, about, state, atMs, text, details } = alert;
  const key = state === "noted" ? id : `parlance ${event} ${about}`;
  const head = {
    routing_key: routingKey,
    event_action: state === "resolved" ? "resolve" : "trigger",
    dedup_key: key.length <= maxKey ? key : key.slice(0, maxKey),
  };
  if (state === "resolved") return head;
  return {
    ...head,
    payload: {
      summary: headline(alert).slice(0, maxSummary),
      source: "parlance",
      severity: state === "raised" ? "error" : "warning",
      timestamp: new Date(atMs).toISOString(),
      class: event,
      ...(about === "" ? undefined : { component: about }),
      custom_details: { text: oneLine(text), ...details },
    },
  };
}
