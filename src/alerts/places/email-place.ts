import type { EmailSettings } from "../../config/alert-settings.ts";
import type { Place, SendFailure } from "../../sinks/sink.ts";
import type { Alert } from "../alert.ts";
import { headline, maxListed, oneLine } from "./alert-words.ts";

/** How long a server may be silent, in milliseconds. */
const silenceMs = 10_000;

/** Mail by SMTP: one for what happens at once. What speaks it is loaded when it is first needed. */
export function emailPlace({ url, sender, to }: EmailSettings): Place<Alert> {
  return {
    async send(alerts, signal) {
      const { createTransport } = await import("nodemailer");
      const transport = createTransport({
        url: url.reveal(),
        connectionTimeout: silenceMs,
        greetingTimeout: silenceMs,
        socketTimeout: silenceMs,
        disableFileAccess: true,
        disableUrlAccess: true,
      });
      const aborted = Promise.withResolvers<never>();
      const onAbort = () => aborted.reject(signal.reason);
      signal.addEventListener("abort", onAbort);
      try {
        if (signal.aborted) throw signal.reason;
        await Promise.race([
          transport.sendMail({ from: sender, to: [...to], ...mailOf(alerts) }),
          aborted.promise,
        ]);
        return undefined;
      } catch (error) {
        return failureOf(error);
      } finally {
        signal.removeEventListener("abort", onAbort);
        transport.close();
      }
    },
  };
}

function mailOf(alerts: readonly Alert[]) {
  const [first] = alerts;
  const more = alerts.length > 1 ? `, and ${alerts.length - 1} more` : "";
  const parts = alerts.slice(0, maxListed).map((alert) => {
    const time = new Date(alert.atMs).toISOString();
    return `${headline(alert)}\n${oneLine(alert.text)}\n${time}`;
  });
  if (alerts.length > maxListed) parts.push(`and ${alerts.length - maxListed} more`);
  return {
    subject: first === undefined ? "" : `${headline(first)}${more}`,
    text: `${parts.join("\n\n")}\n`,
    // The same when it is sent again.
    messageId: `<${first?.id ?? ""}.${alerts.length}@parlance>`,
  };
}

/** A server refuses for good by 5xx; what it says may repeat addresses, and stays here. */
function failureOf(error: unknown): SendFailure {
  const { code, responseCode }: { code?: unknown; responseCode?: unknown } =
    typeof error === "object" && error !== null ? error : {};
  if (typeof responseCode === "number")
    return { why: `SMTP status ${responseCode}`, again: responseCode < 500 };
  return { why: code === "ETIMEDOUT" ? "no answer" : "unreachable", again: true };
}
