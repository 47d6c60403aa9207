import { ErrorReason } from "../../../../gen/parlance/error/v1/error_reason_pb.js";
import { refusesCredential } from "../../../core/faults/error-behaviour.ts";
import { GatewayError } from "../../../core/faults/gateway-error.ts";
import { type Writable, writeJson } from "../../../json/write.ts";
import { callIdHeader } from "../../call-id.ts";
import { callerAccess } from "../../connect/services/admin-service.ts";
import { faultOf } from "../../fault-of.ts";
import type { Engine } from "../../gateway-api.ts";
import type { Exchange } from "../../http/exchange.ts";
import { identifyCaller } from "../identify-caller.ts";
import { decodePathSegment } from "../rest-route.ts";
import {
  budgetInfo,
  budgetSettings,
  deleteBudget,
  listBudgets,
  newBudget,
  updateBudget,
} from "./budgets/budget-routes.ts";
import { applyGuard, listGuards } from "./guards/guard-routes.ts";
import {
  blockKey,
  deleteKeys,
  generateKey,
  keyInfo,
  listKeys,
  regenerateKey,
  unblockKey,
  updateKey,
} from "./key-routes.ts";
import type { ManagementPath, ManagementRow } from "./litellm-paths.ts";
import type { ServeManagement } from "./management-call.ts";
import { managementStatus, printManagementError } from "./management-error.ts";
import { ManagementMembers } from "./members/management-members.ts";
import { deleteModel, newModel } from "./models/model-changes.ts";
import { modelHealth, modelInfo } from "./models/model-routes.ts";
import {
  blockCustomers,
  customerInfo,
  deleteCustomers,
  listCustomers,
  newCustomer,
  unblockCustomers,
  updateCustomer,
} from "./people/customer-routes.ts";
import {
  addMembers,
  deleteMember,
  deleteTeams,
  listTeams,
  newTeam,
  setTeamBlocked,
  teamInfo,
  updateTeam,
} from "./people/team-routes.ts";
import { deleteUsers, listUsers, newUser, updateUser, userInfo } from "./people/user-routes.ts";
import { servicesFor } from "./service-call.ts";
import { globalSpend, spendLogs, spendReport, spendTags } from "./spend/spend-routes.ts";

const routes: Readonly<Record<ManagementRow, ServeManagement>> = {
  "POST /key/generate": generateKey,
  "GET /key/info": keyInfo,
  "GET /key/list": listKeys,
  "POST /key/update": updateKey,
  "POST /key/delete": deleteKeys,
  "POST /key/regenerate": regenerateKey,
  "POST /key/{key}/regenerate": regenerateKey,
  "POST /key/block": blockKey,
  "POST /key/unblock": unblockKey,
  "POST /team/new": newTeam,
  "POST /team/update": updateTeam,
  "GET /team/list": listTeams,
  "GET /team/info": teamInfo,
  "POST /team/member_add": addMembers,
  "POST /team/member_delete": deleteMember,
  "POST /team/delete": deleteTeams,
  "POST /team/block": setTeamBlocked(true),
  "POST /team/unblock": setTeamBlocked(false),
  "POST /user/new": newUser,
  "GET /user/info": userInfo,
  "GET /user/list": listUsers,
  "POST /user/update": updateUser,
  "POST /user/delete": deleteUsers,
  "POST /customer/new": newCustomer,
  "POST /customer/update": updateCustomer,
  "GET /customer/info": customerInfo,
  "GET /customer/list": listCustomers,
  "POST /customer/delete": deleteCustomers,
  "POST /customer/block": blockCustomers,
  "POST /customer/unblock": unblockCustomers,
  "POST /budget/new": newBudget,
  "POST /budget/update": updateBudget,
  "POST /budget/info": budgetInfo,
  "GET /budget/list": listBudgets,
  "GET /budget/settings": budgetSettings,
  "POST /budget/delete": deleteBudget,
  "GET /v1/model/info": modelInfo,
  "POST /model/new": newModel,
  "POST /model/delete": deleteModel,
  "GET /spend/logs": spendLogs,
  "GET /spend/tags": spendTags,
  "GET /global/spend": globalSpend,
  "GET /global/spend/report": spendReport,
  "POST /guardrails/apply_guardrail": applyGuard,
  "POST /apply_guardrail": applyGuard,
  "GET /guardrails/list": listGuards,
  "GET /health": modelHealth,
};

/** The largest body of a request, in bytes. */
const maxBody = 1024 * 1024;

const json = "application/json";

/** Answers a request of LiteLLM's management API in its words, refusals too. */
export async function serveManagement(
  exchange: Exchange,
  engine: Engine,
  place: ManagementPath,
): Promise<void> {
  try {
    const { answer, warnings } = await answerManagement(exchange, engine, place);
    const headers = ["content-type", json];
    if (warnings.length > 0) headers.push("x-parlance-warnings", printWarnings(warnings));
    exchange.respond(200, headers, writeJson(answer));
  } catch (error) {
    if (exchange.headSent || exchange.closed) return;
    const fault = faultOf(error, engine.onBug);
    const { clientAddress, principal } = exchange;
    const refusal = { operation: place.path, principal: principal?.name, clientAddress, fault };
    const headers = ["content-type", json, callIdHeader, engine.refuse(refusal)];
    if (refusesCredential(fault.reason)) headers.push("x-should-retry", "false");
    if (fault.reason === ErrorReason.UNAUTHENTICATED)
      headers.push("www-authenticate", 'Bearer realm="parlance"');
    const status = managementStatus(fault, place.path);
    exchange.respond(status, headers, printManagementError(fault, place.path));
  }
}

async function answerManagement(
  exchange: Exchange,
  engine: Engine,
  { method, path, key }: ManagementPath,
): Promise<{ readonly answer: Writable; readonly warnings: readonly string[] }> {
  const principal = await identifyCaller(exchange, engine, false);
  exchange.principal = principal;
  requireMethod(exchange, method);
  const members =
    method === "GET" ? ManagementMembers.ofQuery(exchange.query) : await readMembers(exchange);
  const caller = {
    access: callerAccess(principal),
    name: principal.tenants?.[0]?.name ?? principal.name,
    address: exchange.clientAddress,
    requestId: engine.newId(),
  };
  const services = servicesFor(engine, principal, caller);
  const pathKey = decodePathSegment(key) ?? key;
  const warnings: string[] = [];
  const header = (name: string) => exchange.header(name);
  const call = { engine, principal, caller, services, members, pathKey, warnings, header };
  const answer = await routeOf(method, path)(call);
  for (const name of members.unread()) warnings.push(`${name}: is not known, and has no effect`);
  return { answer, warnings };
}

function routeOf(method: string, path: string): ServeManagement {
  const found = Object.entries(routes).find(([row]) => row === `${method} ${path}`);
  if (found === undefined) throw new Error(`nothing serves ${method} ${path}`);
  return found[1];
}

function requireMethod(exchange: Exchange, method: string): void {
  if (exchange.method === method || (method === "GET" && exchange.method === "HEAD")) return;
  exchange.addHeaders(["allow", method]);
  throw new GatewayError({
    reason: ErrorReason.METHOD_NOT_ALLOWED,
    message: `${exchange.path} takes ${method}, not ${exchange.method}`,
  });
}

/** JSON must say that it is JSON: what a browser sends without asking first never does. */
async function readMembers(exchange: Exchange): Promise<ManagementMembers> {
  const bytes = await exchange.readBody(maxBody);
  const type = exchange.header("content-type") ?? "";
  if (bytes.length > 0 && !/^application\/([\w.+-]+\+)?json\s*(;|$)/i.test(type))
    throw new GatewayError({
      reason: ErrorReason.UNSUPPORTED_MEDIA_TYPE,
      message: `content-type must be ${json}, ${type === "" ? "none was sent" : `not ${type}`}`,
    });
  return ManagementMembers.ofBody(bytes);
}

const maxWarnings = 1_024;

/** Warnings as a header: printable ASCII, in one line. */
function printWarnings(warnings: readonly string[]): string {
  const text = warnings.join("; ").replaceAll(/[^\x20-\x7e]/g, "?");
  return text.length <= maxWarnings ? text : `${text.slice(0, maxWarnings - 3)}...`;
}
