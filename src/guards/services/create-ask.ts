import type { GuardServiceSettings } from "../../config/guard-service-settings.ts";
import type { AskGuard } from "../../core/guard/guard.ts";
import { askContentSafety } from "./azure-content-safety.ts";
import { askBedrockGuardrail } from "./bedrock-guardrail.ts";
import { askJudge } from "./judge.ts";
import { askLakera } from "./lakera.ts";
import { askLitellm } from "./litellm.ts";
import { askModelArmor } from "./model-armor.ts";
import { askOpenaiModeration } from "./openai-moderation.ts";
import type { GuardPorts } from "./ports.ts";
import { askPresidio } from "./presidio.ts";
import { askRpc } from "./rpc.ts";
import { askWebhook } from "./webhook.ts";

/**
 * Makes what asks the service of a guard. Nothing is sent before the first question. It rejects
 * with a GuardFailure where the service cannot be asked or says what is no verdict, and with the
 * signal's reason where that is aborted.
 */
export function createAsk(settings: GuardServiceSettings, ports: GuardPorts): AskGuard {
  switch (settings.kind) {
    case "webhook":
      return askWebhook(settings, ports);
    case "litellm":
      return askLitellm(settings, ports);
    case "rpc":
      return askRpc(settings, ports);
    case "judge":
      return askJudge(settings, ports);
    case "openai_moderation":
      return askOpenaiModeration(settings, ports);
    case "azure_content_safety":
      return askContentSafety(settings, ports);
    case "bedrock_guardrail":
      return askBedrockGuardrail(settings, ports);
    case "model_armor":
      return askModelArmor(settings, ports);
    case "presidio":
      return askPresidio(settings, ports);
    case "lakera":
      return askLakera(settings, ports);
  }
}
