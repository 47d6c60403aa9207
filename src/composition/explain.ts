import { create } from "@bufbuild/protobuf";
import { TargetSchema } from "../../gen/parlance/call/v1/call_report_pb.js";
import {
  type ExplainResponse,
  ExplainResponseSchema,
  type PlannedTarget,
  PlannedTargetSchema,
} from "../../gen/parlance/chat/v1/chat_service_pb.js";
import type { Call, Target } from "../core/call.ts";
import { GatewayError } from "../core/gateway-error.ts";
import type { Outlet } from "../core/outlet.ts";
import { outletFor } from "../core/outlet-for.ts";
import { boundFor, type MaxOutput, prepare } from "../core/prepare-request.ts";
import { rehearse } from "../policies/emulation/rehearse.ts";
import { type Candidate, candidates, type RouteOptions } from "../policies/route.ts";

/** What an explanation is made from. */
export interface ExplainOptions {
  /** The names of the stages of a call, outermost first. */
  readonly stages: readonly string[];
  readonly route: RouteOptions;
  readonly outlets: ReadonlyMap<string, Outlet>;
  readonly maxOutput: MaxOutput | undefined;
  readonly configHash: string;
}

/**
 * Says what a call that has been admitted would do: each target that would be tried, with the
 * request it would get. Sends nothing.
 */
export async function explainCall(options: ExplainOptions, call: Call): Promise<ExplainResponse> {
  const order = candidates(options.route, call);
  return create(ExplainResponseSchema, {
    targets: await Promise.all(order.map((candidate) => planned(options, call, candidate))),
    stages: [...options.stages],
    configHash: options.configHash,
  });
}

async function planned(
  options: ExplainOptions,
  call: Call,
  { target, losses, why }: Candidate,
): Promise<PlannedTarget> {
  const chosen = options.outlets.get(target.provider);
  if (chosen === undefined) throw new Error(`explain: no provider ${target.provider}`);
  if (chosen.kind === "local")
    return create(PlannedTargetSchema, { target: told(target, "sim"), why });
  const outlet = outletFor(chosen, call, target);
  try {
    const rehearsal = rehearse(outlet, { ...call, losses, target });
    const maxOutputTokens = await boundFor(outlet, rehearsal.call, target, options.maxOutput);
    const { request, report } = prepare(outlet, rehearsal.call, target, maxOutputTokens);
    const body =
      typeof request.body === "string" ? request.body : Buffer.from(request.body).toString("utf8");
    return create(PlannedTargetSchema, {
      target: told(target, outlet.dialect.name),
      why:
        rehearsal.fetches === 0
          ? why
          : `${why}; ${rehearsal.fetches} files would be fetched first, so that the body is not known`,
      fidelity: [...rehearsal.report, ...report],
      requestLine: `${request.method} ${request.path}`,
      bodyJson: rehearsal.fetches === 0 ? body : "",
    });
  } catch (error) {
    if (!(error instanceof GatewayError)) throw error;
    return create(PlannedTargetSchema, {
      target: told(target, outlet.dialect.name),
      why: `${why}; it would be passed over: ${error.message}`,
    });
  }
}

function told(target: Target, dialect: string) {
  return create(TargetSchema, { provider: target.provider, model: target.model, dialect });
}
