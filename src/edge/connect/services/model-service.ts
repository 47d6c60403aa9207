import { create } from "@bufbuild/protobuf";
import type { HandlerContext, ServiceImpl } from "@connectrpc/connect";
import { Role } from "../../../../gen/parlance/access/v1/access_pb.js";
import { ModelPatternSchema } from "../../../../gen/parlance/admin/v1/model_pb.js";
import {
  DescribeModelResponseSchema,
  GetModelResponseSchema,
  ListModelsRequestSchema,
  ListModelsResponseSchema,
  type ModelService,
  SetTargetStateRequestSchema,
} from "../../../../gen/parlance/admin/v1/model_service_pb.js";
import { ErrorReason } from "../../../../gen/parlance/error/v1/error_reason_pb.js";
import type { Principal } from "../../../core/call.ts";
import { GatewayError } from "../../../core/faults/gateway-error.ts";
import { isWildcard } from "../../../core/names/name-pattern.ts";
import type { Engine } from "../../gateway-api.ts";
import { refuseRpc } from "../rpc-refusal.ts";
import { callerAccess, createAdminMethod } from "./admin-service.ts";
import { createForAdmins } from "./for-admins.ts";
import { principalOf, refusedIn } from "./rpc-call.ts";

const defaultPageSize = 100;

/** ModelService over the engine. A page token is the last name of the page before it. */
export function createModelService(engine: Engine): ServiceImpl<typeof ModelService> {
  const answer = async <T>(
    context: HandlerContext,
    run: (principal: Principal) => Promise<T>,
  ): Promise<T> => {
    try {
      return await run(await principalOf(engine, context));
    } catch (error) {
      throw refuseRpc(engine, error, refusedIn(context));
    }
  };
  const forAdmins = createForAdmins(engine, "set the state of targets");
  const { createModel, updateModel, deleteModel, settingsOf } = engine.stored.models;
  return {
    createModel: createAdminMethod(engine, createModel),
    updateModel: createAdminMethod(engine, updateModel),
    deleteModel: createAdminMethod(engine, deleteModel),
    setTargetState: (request, context) =>
      forAdmins(context, (name) => {
        engine.check(SetTargetStateRequestSchema, request, "");
        return engine.targets.set(request, name);
      }),
    listModels: (request, context) =>
      answer(context, async (principal) => {
        engine.check(ListModelsRequestSchema, request, "");
        const { pageToken } = request;
        const pageSize = request.pageSize === 0 ? defaultPageSize : request.pageSize;
        const left = engine.models
          .list(principal)
          .filter((model) => pageToken === "" || model.name > pageToken);
        const page = left.slice(0, pageSize);
        const described = page.map((one) => one.describe());
        const models = described.filter(({ name }) => !isWildcard(name));
        const patterns = described.filter(({ name }) => isWildcard(name));
        return create(ListModelsResponseSchema, {
          models: [...(await engine.models.withFacts(models))],
          nextPageToken: left.length > pageSize ? (page.at(-1)?.name ?? "") : "",
          patterns: patterns.map(({ name, description, deployments, fallbacks }) =>
            create(ModelPatternSchema, { name, description, deployments, fallbacks }),
          ),
        });
      }),
    getModel: ({ name }, context) =>
      answer(context, async (principal) => {
        const found = engine.models.get(principal, name);
        const settings = isAdmin(principal) ? settingsOf(name) : undefined;
        if (found === undefined && settings === undefined) throw unknown(name);
        const [model] = await engine.models.withFacts(found === undefined ? [] : [found]);
        return create(GetModelResponseSchema, {
          ...(model && { model }),
          ...(settings && { settings }),
        });
      }),
    describeModel: ({ name }, context) =>
      answer(context, async (principal) => {
        const found = engine.models.get(principal, name);
        if (found === undefined) throw unknown(name);
        const [model = found] = await engine.models.withFacts([found]);
        return create(DescribeModelResponseSchema, {
          model,
          fidelity: [...engine.models.fidelity(model)],
        });
      }),
  };
}

function isAdmin(principal: Principal): boolean {
  return callerAccess(principal).grants.some(({ role }) => role === Role.ADMIN);
}

function unknown(name: string): GatewayError {
  const message = `there is no model ${name} that this key may use`;
  return new GatewayError({
    reason: ErrorReason.UNKNOWN_MODEL,
    message,
    fields: [{ field: "name", message }],
  });
}
