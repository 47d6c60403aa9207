import { plainHost, portOf } from "../../core/net/host-of.ts";
import { type ConfigScope, inElement, inEntry, inField, problem } from "../config-scope.ts";
import type { SecretValue } from "../secret-value.ts";
import type { ConfiguredProvider, Settings } from "../settings.ts";

/** The settings that have addresses which the gateway connects to. */
type Connecting = Pick<
  Settings,
  | "providers"
  | "guards"
  | "issuers"
  | "sinks"
  | "alerts"
  | "tracing"
  | "logOtlp"
  | "metricsOtlp"
  | "egress"
>;

/** Reports each address of settings whose host `server.egress.allow` does not have. */
export function checkEgress(settings: Connecting, scope: ConfigScope): void {
  const { allow } = settings.egress;
  if (allow === undefined) return;
  const check = (at: ConfigScope, value: unknown, what = ""): void => {
    const other = addressesOf(value).find((url) => !allow(plainHost(url.hostname), portOf(url)));
    if (other !== undefined) notAllowed(at, what, plainHost(other.hostname));
  };
  for (const [name, provider] of settings.providers)
    check(inEntry(inField(scope, "providers"), name), reached(provider));
  const each = (values: readonly unknown[], at: ConfigScope): void => {
    for (const [index, value] of values.entries()) check(inElement(at, index), value);
  };
  const services = settings.guards.map(({ service }) => service);
  each(services, inField(scope, "guards"));
  const { issuers } = settings;
  // Where the address of its keys is known, an issuer is not asked for it.
  const fetched = issuers.map(({ issuer, jwksUrl = issuer }) => ({ jwksUrl }));
  each(fetched, inField(inField(scope, "identity"), "issuers"));
  const observe = inField(scope, "observe");
  for (const { name, to } of [...settings.sinks, ...settings.alerts.sinks])
    check(inField(observe, "sinks"), to, `the sink ${name} `);
  check(inField(observe, "tracing"), settings.tracing);
  check(inField(observe, "log"), settings.logOtlp);
  check(inField(observe, "metrics"), settings.metricsOtlp);
}

/** What of a provider holds addresses; the simulator has none. */
function reached(provider: ConfiguredProvider): unknown {
  const { row, baseUrl, families, oauth2, google, azure } = provider;
  if (row.dialect === "sim") return undefined;
  return { baseUrl, families: families.map((family) => family.baseUrl), oauth2, google, azure };
}

/** Members that hold an address, a list of them, or a secret that is one. */
const addressMember = /^(?:url|.*Url|origin|.*Origin|endpoint|servers|brokers)$/;

/** The addresses within a value of the settings. */
function addressesOf(value: unknown, isAddress = false): readonly URL[] {
  if (typeof value === "string") return isAddress ? addressIn(value) : [];
  if (typeof value !== "object" || value === null) return [];
  if (isSecret(value)) return isAddress ? addressIn(value.reveal()) : [];
  if (Array.isArray(value)) return value.flatMap((one) => addressesOf(one, isAddress));
  return Object.entries(value).flatMap(([name, one]) => addressesOf(one, addressMember.test(name)));
}

/** Brokers have no scheme. */
function addressIn(text: string): readonly URL[] {
  const url = URL.parse(text.includes("://") ? text : `tcp://${text}`);
  return url === null || url.hostname === "" ? [] : [url];
}

function isSecret(value: object): value is SecretValue {
  return "reveal" in value && typeof value.reveal === "function";
}

function notAllowed(at: ConfigScope, what: string, host: string): void {
  problem(at, {
    message: `${what}would connect to ${host}, which server.egress.allow does not have`,
    hint: "add the host there, or leave server.egress.allow out",
    ruleId: "egress",
  });
}
