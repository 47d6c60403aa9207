import type { EstimateCostResponse } from "../../../gen/parlance/admin/v1/usage_estimate_pb.js";
import type { Chat } from "../../../gen/parlance/chat/v1/chat_pb.js";
import type { Settings } from "../../config/settings.ts";
import { chat } from "../../core/operation.ts";
import type { AdminCaller, CallInit, Engine } from "../../edge/gateway-api.ts";
import type { RoutingState } from "../../policies/routing/routing-state.ts";
import type { ComparisonState } from "../../policies/shadow/comparison-state.ts";
import type { Reservations } from "../../state/reserve/reservations.ts";
import { createSpendReader } from "../litellm/spend-reader.ts";
import { createDeploymentTranslator } from "../litellm/translate-deployment.ts";
import { createMetricDirectory, type ReadableMetrics } from "../metrics/metric-directory.ts";
import type { World } from "../world.ts";
import { createExperimentDirectory } from "./experiment-directory.ts";
import { createGuardDirectory } from "./guard-directory.ts";
import { createShadowDirectory } from "./shadow-directory.ts";
import { createTargetOperation } from "./target-operation.ts";
import { createUsageDirectory, type PricedSnapshot } from "./usage-directory.ts";

/** What directories are made of. */
export interface DirectoryParts {
  readonly routing: RoutingState;
  readonly comparisons: ComparisonState;
  readonly reservations: Reservations;
  readonly world: World;
  /** The configuration in force, with its prices. */
  readonly snapshot: () => PricedSnapshot;
  /** Says what a call with an id would cost. */
  readonly estimate: (init: CallInit, id: string) => Promise<EstimateCostResponse>;
}

/** Makes what admins see and do beside calls. */
export function createDirectories(
  settings: () => Settings,
  { routing, comparisons, reservations, world, snapshot, estimate }: DirectoryParts,
): Pick<
  Engine,
  "targets" | "usage" | "spending" | "translateDeployment" | "experiments" | "shadows" | "guards"
> & { readonly metrics: ReadableMetrics } {
  const { store, wallMs } = world;
  return {
    targets: createTargetOperation({ settings, ...routing, wallMs }),
    usage: createUsageDirectory({
      store,
      wallMs,
      snapshot,
      estimate: (message, caller) => estimate(chatOf(message, caller), caller.requestId),
    }),
    spending: createSpendReader({ store, wallMs }),
    translateDeployment: createDeploymentTranslator(),
    guards: createGuardDirectory(settings),
    experiments: createExperimentDirectory(settings, comparisons.experiments),
    shadows: createShadowDirectory(settings, comparisons.shadows),
    metrics: createMetricDirectory({ world, settings, routing, reservations }),
  };
}

/** A chat that nobody sends. */
function chatOf(message: Chat, { principal, address }: AdminCaller): CallInit {
  const request = { operation: chat, stream: false, message: () => message };
  return {
    model: message.model,
    request,
    header: () => undefined,
    principal,
    clientAddress: address,
  };
}
