import { isIP } from "node:net";
import { plainHost, portOf } from "../../core/net/host-of.ts";
import { type ConfigScope, inEntry, inField, problem } from "../config-scope.ts";
import type { BaseUrl } from "../provider-identity.ts";
import type { ConfiguredProvider } from "../settings.ts";
import type { EgressSettings } from "./egress-settings.ts";
import { isLoopbackAddress, isPublicAddress } from "./public-address.ts";

/**
 * Reports what of a provider that was made while the gateway runs leads into a private network, and
 * headers that proxies and metadata services act on. Names are decided on when a connection is
 * opened.
 */
export function checkStoredProvider(
  { row, baseUrl, oauth2, headers }: ConfiguredProvider,
  egress: EgressSettings,
  scope: ConfigScope,
): void {
  const check = (address: BaseUrl, at: ConfigScope): void => {
    if (mayBeNamed(new URL(address.origin), egress)) return;
    problem(at, {
      message: "leads into a private network, which addresses outside of the config file may not",
      hint: "list the host in server.egress.private_hosts of the config file, or put the provider there",
      ruleId: "egress",
    });
  };
  if (row.dialect !== "sim") check(baseUrl, inField(scope, "base_url"));
  if (oauth2 !== undefined) check(oauth2.tokenUrl, inField(inField(scope, "oauth2"), "token_url"));
  for (const [name] of headers) {
    if (!isActedOn(name) || egress.headers.has(name)) continue;
    problem(inEntry(inField(scope, "headers"), name), {
      message: "is a header that proxies or metadata services act on",
      hint: "leave it out, or list it in server.egress.allow_headers of the config file",
      ruleId: "egress",
    });
  }
}

function mayBeNamed(url: URL, { privateHosts, loopback }: EgressSettings): boolean {
  const host = plainHost(url.hostname);
  if (isLocalName(host)) return loopback || privateHosts(host, portOf(url));
  if (isIP(host) === 0) return true;
  return (
    isPublicAddress(host) ||
    privateHosts(host, portOf(url)) ||
    (loopback && isLoopbackAddress(host))
  );
}

/** Names that are always of this machine (RFC 6761, 6.3). */
function isLocalName(host: string): boolean {
  return host === "localhost" || host.endsWith(".localhost");
}

/**
 * Headers in which proxies say who calls and what is called, and those that metadata services of
 * clouds demand so that no other request reaches them.
 */
function isActedOn(name: string): boolean {
  return actedOn.has(name) || /^(?:x-forwarded-|proxy-|x-aws-ec2-metadata-)/.test(name);
}

const actedOn: ReadonlySet<string> = new Set([
  "cookie",
  "forwarded",
  "metadata",
  "metadata-flavor",
  "via",
  "x-client-ip",
  "x-google-metadata-request",
  "x-http-method-override",
  "x-original-url",
  "x-real-ip",
  "x-rewrite-url",
]);
