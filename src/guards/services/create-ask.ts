import type { GuardServiceSettings } from "../../config/guard-service-settings.ts";
import type { AskGuard } from "../../core/guards/guard.ts";
import type { GuardPorts } from "./ports.ts";
import { askWebhook } from "./webhook.ts";

/** Makes what asks the service of a guard. Nothing is sent before the first question. */
export function createAsk(settings: GuardServiceSettings, ports: GuardPorts): AskGuard {
  switch (settings.kind) {
    case "webhook":
      return askWebhook(settings, ports);
  }
}
