import { Role } from "../../gen/parlance/access/v1/access_pb.js";
import { ErrorReason } from "../../gen/parlance/error/v1/error_reason_pb.js";
import type { Principal } from "../core/call.ts";
import type { Fault } from "../core/faults/fault.ts";
import { GatewayError, httpStatus } from "../core/faults/gateway-error.ts";
import { type MetricFormat, metricTypes } from "../core/metrics/metric-format.ts";
import { callIdHeader } from "./call-id.ts";
import { callerAccess } from "./connect/services/admin-service.ts";
import { faultOf } from "./fault-of.ts";
import type { Engine } from "./gateway-api.ts";
import type { Exchange } from "./http/exchange.ts";
import { printHttpError } from "./http/http-error.ts";
import { identifyCaller } from "./rest/identify-caller.ts";

/** Whether an exchange is one for metrics at the port of the gateway. */
export function asksMetrics({ metrics }: Pick<Engine, "metrics">, { path }: Exchange): boolean {
  const serving = metrics.serving();
  return serving !== undefined && serving.port === undefined && serving.path === path;
}

/** Answers an exchange with the metrics of the process, or says why it may not have them. */
export async function serveMetrics(exchange: Exchange, engine: Engine): Promise<void> {
  try {
    if (exchange.method !== "GET" && exchange.method !== "HEAD") {
      exchange.addHeaders(["allow", "GET, HEAD"]);
      throw new GatewayError({
        reason: ErrorReason.METHOD_NOT_ALLOWED,
        message: `${exchange.path} takes GET or HEAD, not ${exchange.method}`,
      });
    }
    if (engine.metrics.serving()?.isPublic !== true)
      requireView(await identifyCaller(exchange, engine, false));
    const format = formatOf(exchange.header("accept") ?? "");
    const headers = ["content-type", metricTypes[format], "cache-control", "no-store"];
    exchange.respond(200, [...headers, "vary", "accept"], engine.metrics.print(format));
  } catch (error) {
    refuseMetrics(exchange, engine, faultOf(error, engine.onBug));
  }
}

/** Refuses an exchange that is for metrics, and records that. */
export function refuseMetrics(exchange: Exchange, engine: Engine, fault: Fault): void {
  const { clientAddress, principal } = exchange;
  const refusal = { operation: "metrics", clientAddress, principal: principal?.name, fault };
  const headers = ["content-type", "application/json", callIdHeader, engine.refuse(refusal)];
  if (fault.reason === ErrorReason.UNAUTHENTICATED)
    headers.push("www-authenticate", 'Bearer realm="parlance"');
  const status = httpStatus(fault);
  const body = printHttpError(status, ErrorReason[fault.reason].toLowerCase(), fault.message);
  exchange.respond(status, headers, body);
}

/** Throws where somebody may not see the whole gateway. */
function requireView(principal: Principal): void {
  const may = callerAccess(principal).grants.some(
    ({ role, organizationId, teamId }) =>
      organizationId === undefined &&
      teamId === undefined &&
      (role === Role.ADMIN || role === Role.VIEWER),
  );
  if (may) return;
  throw new GatewayError({
    reason: ErrorReason.PERMISSION_DENIED,
    message: `key ${principal.name} may not read the metrics: use an admin key, or one with the role VIEWER, or set observe.metrics.public`,
  });
}

const openType = "application/openmetrics-text";

/** OpenMetrics for who accepts it in version 1.0.0, at least as gladly as text. */
function formatOf(accept: string): MetricFormat {
  let [open, text] = [0, 0];
  for (const range of accept.split(",")) {
    const [type = "", ...parameters] = range.split(";").map((part) => part.trim().toLowerCase());
    const weight = Number(parameters.find((one) => one.startsWith("q="))?.slice(2) ?? "1");
    const version = parameters.find((one) => one.startsWith("version="))?.slice(8) ?? "1.0.0";
    if (type === openType && version === "1.0.0") open = Math.max(open, weight);
    else if (type === "text/plain" || type === "*/*" || type === "text/*")
      text = Math.max(text, weight);
  }
  return open > 0 && open >= text ? "openmetrics" : "text";
}
