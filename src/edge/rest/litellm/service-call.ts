import {
  create,
  type DescMessage,
  type DescService,
  type MessageInitShape,
  type MessageShape,
} from "@bufbuild/protobuf";
import { BudgetService } from "../../../../gen/parlance/admin/v1/budget_service_pb.js";
import { EndUserService } from "../../../../gen/parlance/admin/v1/end_user_service_pb.js";
import { KeyService } from "../../../../gen/parlance/admin/v1/key_service_pb.js";
import { ModelService } from "../../../../gen/parlance/admin/v1/model_service_pb.js";
import { OrganizationService } from "../../../../gen/parlance/admin/v1/organization_service_pb.js";
import { ProviderService } from "../../../../gen/parlance/admin/v1/provider_service_pb.js";
import { TeamService } from "../../../../gen/parlance/admin/v1/team_service_pb.js";
import { UsageService } from "../../../../gen/parlance/admin/v1/usage_service_pb.js";
import { UserService } from "../../../../gen/parlance/admin/v1/user_service_pb.js";
import type { Principal } from "../../../core/call.ts";
import { rolesChecked } from "../../connect/services/admin-service.ts";
import type { AdminCaller, AdminMethods, Engine } from "../../gateway-api.ts";

/** The methods of a service for one caller, each of whom takes what its request is made of. */
export type CalledService<Service extends DescService> = {
  readonly [Method in keyof Service["method"]]: (
    init: MessageInitShape<Service["method"][Method]["input"]>,
  ) => Promise<MessageShape<Service["method"][Method]["output"]>>;
};

/** The admin services for one caller. */
export interface CalledServices {
  readonly keys: CalledService<typeof KeyService>;
  readonly teams: CalledService<typeof TeamService>;
  readonly users: CalledService<typeof UserService>;
  readonly organizations: CalledService<typeof OrganizationService>;
  readonly budgets: CalledService<typeof BudgetService>;
  readonly endUsers: CalledService<typeof EndUserService>;
  readonly usage: CalledService<typeof UsageService>;
  readonly providers: CalledService<typeof ProviderService>;
  readonly models: Pick<
    CalledService<typeof ModelService>,
    "createModel" | "updateModel" | "deleteModel"
  >;
}

/**
 * The admin services for a caller, who may do here what it may do there: each call checks the roles
 * that the method declares and the rules of the contract.
 */
export function servicesFor(
  engine: Engine,
  principal: Principal,
  caller: AdminCaller,
): CalledServices {
  const { tenants, usage, stored } = engine;
  const serve = <Service extends DescService>(
    service: Service,
    methods: Partial<AdminMethods<Service>>,
  ) => calledService(engine, { service, methods, principal, caller });
  return {
    keys: serve(KeyService, tenants.keys),
    teams: serve(TeamService, tenants.teams),
    users: serve(UserService, tenants.users),
    organizations: serve(OrganizationService, tenants.organizations),
    budgets: serve(BudgetService, tenants.budgets),
    endUsers: serve(EndUserService, tenants.endUsers),
    usage: serve(UsageService, usage),
    providers: serve(ProviderService, stored.providers),
    models: serve(ModelService, stored.models),
  };
}

type Run = (
  request: MessageShape<DescMessage>,
  caller: AdminCaller,
) => Promise<MessageInitShape<DescMessage>>;

function calledService<Service extends DescService>(
  engine: Engine,
  {
    service,
    methods,
    principal,
    caller,
  }: {
    readonly service: Service;
    readonly methods: Partial<AdminMethods<Service>>;
    readonly principal: Principal;
    readonly caller: AdminCaller;
  },
): CalledService<Service> {
  const called = Object.entries(service.method).map(([name, method]) => {
    const run: Run = Reflect.get<object, string>(methods, name);
    const call = async (init: MessageInitShape<DescMessage>) => {
      rolesChecked(principal, { method });
      const request = create(method.input, init);
      engine.check(method.input, request, "");
      return create(method.output, await run(request, caller));
    };
    return [name, call];
  });
  // The methods are those of the service, by name.
  return Object.fromEntries(called) as CalledService<Service>;
}
