import type { DescMessage, DescService, Message } from "@bufbuild/protobuf";
import type { HandlerContext, ServiceImpl } from "@connectrpc/connect";
import { Role } from "../../../../gen/parlance/access/v1/access_pb.js";
import { ErrorReason } from "../../../../gen/parlance/error/v1/error_reason_pb.js";
import type { Principal } from "../../../core/call.ts";
import type { CallerAccess } from "../../../core/caller/caller-access.ts";
import { GatewayError } from "../../../core/faults/gateway-error.ts";
import type { AdminCaller, AdminMethods, Engine } from "../../gateway-api.ts";
import { exchangeKey } from "../exchange-key.ts";
import { refuseRpc } from "../rpc-refusal.ts";
import { accessOf } from "./access-of.ts";
import { principalOf, refusedIn } from "./rpc-call.ts";

/**
 * A service over what the engine does for admins: each method finds out who calls, whether the
 * contract lets that role call it, and whether the request obeys its rules.
 */
export function createAdminService<Service extends DescService>(
  engine: Engine,
  service: Service,
  methods: AdminMethods<Service>,
): ServiceImpl<Service> {
  const implementation = Object.entries(service.method).map(([name, { methodKind }]) => {
    const run = Reflect.get<object, string>(methods, name);
    const isStream = methodKind === "server_streaming";
    return [name, isStream ? createAdminStream(engine, run) : createAdminMethod(engine, run)];
  });
  // The methods are those of the service, by name.
  return Object.fromEntries(implementation) as ServiceImpl<Service>;
}

/** Hears of a request of somebody who may not call the method. */
export type OnRefused<Request> = (request: Request, caller: AdminCaller) => Promise<void>;

/** One method of such a service. */
export function createAdminMethod<Request extends Message, Answer>(
  engine: Engine,
  run: (request: Request, caller: AdminCaller) => Answer | Promise<Answer>,
  onRefused?: OnRefused<Request>,
): (request: Request, context: HandlerContext) => Promise<Answer> {
  return async (request, context) => {
    try {
      return await run(request, await admitted(engine, request, context, onRefused));
    } catch (error) {
      throw refuseRpc(engine, error, refusedIn(context));
    }
  };
}

/** One method of such a service that answers with a stream, which ends when the caller leaves. */
export function createAdminStream<Request extends Message, Answer>(
  engine: Engine,
  run: (request: Request, caller: AdminCaller, signal: AbortSignal) => AsyncIterable<Answer>,
): (request: Request, context: HandlerContext) => AsyncIterable<Answer> {
  return async function* (request, context) {
    try {
      yield* run(request, await admitted(engine, request, context), context.signal);
    } catch (error) {
      throw refuseRpc(engine, error, refusedIn(context));
    }
  };
}

async function admitted<Request extends Message>(
  engine: Engine,
  request: Request,
  context: HandlerContext,
  onRefused?: OnRefused<Request>,
): Promise<AdminCaller> {
  const principal = await principalOf(engine, context);
  const caller = callerOf(engine, principal, context);
  try {
    rolesChecked(principal, context);
  } catch (error) {
    await onRefused?.(request, caller);
    throw error;
  }
  engine.check<DescMessage>(context.method.input, request, "");
  return caller;
}

/** What a caller may do; throws PERMISSION_DENIED where that is not this method. */
export function rolesChecked(
  principal: Principal,
  { method }: Pick<HandlerContext, "method">,
): CallerAccess {
  const { roles, callers } = accessOf(method);
  const access = callerAccess(principal);
  const may =
    (callers && principal.operations?.size !== 0) ||
    access.grants.some(({ role }) => roles.includes(role));
  if (may) return access;
  const needed = roles.map((role) => Role[role]).join(", ");
  throw new GatewayError({
    reason: ErrorReason.PERMISSION_DENIED,
    message: `key ${principal.name} may not call ${method.name}: it needs the role ${needed}`,
  });
}

/** What a principal may do over the admin services. */
export function callerAccess({ name, admin, access }: Principal): CallerAccess {
  return access ?? { grants: admin ? [{ role: Role.ADMIN }] : [], keyId: name, userId: "" };
}

function callerOf(engine: Engine, principal: Principal, { values }: HandlerContext): AdminCaller {
  const exchange = values.get(exchangeKey);
  const requestId = exchange?.callId ?? engine.newId();
  if (exchange !== undefined) exchange.callId = requestId;
  return {
    access: callerAccess(principal),
    principal,
    name: principal.tenants?.[0]?.name ?? principal.name,
    address: exchange?.clientAddress ?? "",
    requestId,
  };
}
