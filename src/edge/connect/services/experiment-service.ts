import { create } from "@bufbuild/protobuf";
import type { ServiceImpl } from "@connectrpc/connect";
import type { Experiment } from "../../../../gen/parlance/admin/v1/experiment_pb.js";
import {
  type ExperimentService,
  GetExperimentRequestSchema,
  GetExperimentResponseSchema,
  type ListExperimentsRequest,
  ListExperimentsRequestSchema,
  ListExperimentsResponseSchema,
  ListShadowResultsRequestSchema,
  ListShadowResultsResponseSchema,
  PromoteRequestSchema,
  PromoteResponseSchema,
  ResumeRequestSchema,
  ResumeResponseSchema,
  StopRequestSchema,
  StopResponseSchema,
} from "../../../../gen/parlance/admin/v1/experiment_service_pb.js";
import { ErrorReason } from "../../../../gen/parlance/error/v1/error_reason_pb.js";
import { GatewayError } from "../../../core/faults/gateway-error.ts";
import type { Engine } from "../../gateway-api.ts";
import { createForAdmins } from "./for-admins.ts";

const defaultExperiments = 100;
const defaultShadows = 20;

/** ExperimentService over the engine, for admins. A page token is the last name before it. */
export function createExperimentService(engine: Engine): ServiceImpl<typeof ExperimentService> {
  const forAdmins = createForAdmins(engine, "see or decide experiments");
  const { experiments, shadows } = engine;
  return {
    listExperiments: (request, context) =>
      forAdmins(context, async () => {
        engine.check(ListExperimentsRequestSchema, request, "");
        const { page, nextPageToken } = pageOf(experiments.names(), request, defaultExperiments);
        return create(ListExperimentsResponseSchema, {
          experiments: await all(page, (name) => experiments.get(name)),
          nextPageToken,
        });
      }),
    getExperiment: (request, context) =>
      forAdmins(context, async () => {
        engine.check(GetExperimentRequestSchema, request, "");
        const experiment = known(request.name, await experiments.get(request.name));
        return create(GetExperimentResponseSchema, { experiment });
      }),
    promote: (request, context) =>
      forAdmins(context, async () => {
        engine.check(PromoteRequestSchema, request, "");
        const { name, arm } = request;
        if (experiments.has(name) && !experiments.has(name, arm))
          throw notFound("arm", `experiment ${name} has no arm ${arm}`);
        const experiment = known(name, await experiments.decide(name, { kind: "promoted", arm }));
        return create(PromoteResponseSchema, { experiment });
      }),
    stop: (request, context) =>
      forAdmins(context, async () => {
        engine.check(StopRequestSchema, request, "");
        const { name } = request;
        const experiment = known(name, await experiments.decide(name, { kind: "stopped" }));
        return create(StopResponseSchema, { experiment });
      }),
    resume: (request, context) =>
      forAdmins(context, async () => {
        engine.check(ResumeRequestSchema, request, "");
        const { name } = request;
        const experiment = known(name, await experiments.decide(name, { kind: "running" }));
        return create(ResumeResponseSchema, { experiment });
      }),
    listShadowResults: (request, context) =>
      forAdmins(context, async () => {
        engine.check(ListShadowResultsRequestSchema, request, "");
        const { page, nextPageToken } = pageOf(shadows.models(), request, defaultShadows);
        const results = await all(page, (model) => shadows.get(model));
        return create(ListShadowResultsResponseSchema, { results, nextPageToken });
      }),
  };
}

/** A page of names, which are in their order. */
function pageOf(
  names: readonly string[],
  { pageToken, pageSize }: Pick<ListExperimentsRequest, "pageToken" | "pageSize">,
  defaultSize: number,
): { readonly page: readonly string[]; readonly nextPageToken: string } {
  const left = names.filter((name) => pageToken === "" || name > pageToken);
  const page = left.slice(0, pageSize === 0 ? defaultSize : pageSize);
  return { page, nextPageToken: left.length > page.length ? (page.at(-1) ?? "") : "" };
}

/** What there is of each name. */
async function all<T>(
  names: readonly string[],
  get: (name: string) => Promise<T | undefined>,
): Promise<T[]> {
  const found = await Promise.all(names.map(get));
  return found.filter((one) => one !== undefined);
}

function known(name: string, experiment: Experiment | undefined): Experiment {
  if (experiment === undefined) throw notFound("name", `there is no experiment ${name}`);
  return experiment;
}

function notFound(field: string, message: string): GatewayError {
  return new GatewayError({
    reason: ErrorReason.NOT_FOUND,
    message,
    fields: [{ field, message }],
  });
}
