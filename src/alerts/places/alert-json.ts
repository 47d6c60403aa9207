import type { Alert } from "../alert.ts";

/** Alerts as the body of a webhook. */
export function alertsJson(alerts: readonly Alert[]): string {
  return JSON.stringify({
    alerts: alerts.map(({ atMs, ...alert }) => ({
      ...alert,
      time: new Date(atMs).toISOString(),
    })),
  });
}
