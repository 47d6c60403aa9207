import type { SlackSettings } from "../../config/alert-settings.ts";
import { post } from "../../sinks/places/post.ts";
import type { Place } from "../../sinks/sink.ts";
import type { Alert } from "../alert.ts";
import { headline, maxListed, oneLine } from "./alert-words.ts";

/**
 * A channel of Slack: https://docs.slack.dev/messaging/sending-messages-using-incoming-webhooks
 * (2026-11). What happens at once is one message, since a channel takes about one in a second.
 */
export function slackPlace({ url }: SlackSettings): Place<Alert> {
  return {
    send(alerts, signal) {
      const parts = alerts.slice(0, maxListed).map(messageOf);
      if (alerts.length > maxListed) parts.push(`and ${alerts.length - maxListed} more`);
      const message = { text: parts.join("\n\n"), unfurl_links: false, unfurl_media: false };
      const headers = { "content-type": "application/json" };
      return post(url.reveal(), headers, JSON.stringify(message), signal);
    },
  };
}

const marks = {
  raised: ":red_circle:",
  resolved: ":large_green_circle:",
  noted: ":bell:",
} as const;

function messageOf(alert: Alert): string {
  return `${marks[alert.state]} *${escaped(headline(alert))}*\n${escaped(oneLine(alert.text))}`;
}

/** https://docs.slack.dev/messaging/formatting-message-text#escaping */
function escaped(text: string): string {
  return text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;");
}
