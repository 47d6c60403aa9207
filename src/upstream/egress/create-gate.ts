import { isIP, isIPv6 } from "node:net";
import type { EgressSettings } from "../../config/egress/egress-settings.ts";
import { isLoopbackAddress, isPublicAddress } from "../../config/egress/public-address.ts";
import type { Gate, SocketLookup } from "../../core/net/egress.ts";
import { UpstreamError } from "../upstream-error.ts";

/** Which hosts of private networks are let through, and how names are looked up. */
export interface GateOptions extends Pick<EgressSettings, "allow" | "privateHosts" | "loopback"> {
  /** The IP addresses of a host name. Rejects for one that is not known. */
  readonly resolve: (host: string) => Promise<readonly string[]>;
}

/**
 * Makes a gate to the public network for addresses that are not the operator's own. A host with one
 * address outside of the public network is refused as a whole: which of its addresses a connection
 * took would be chance.
 */
export function createGate({ allow, privateHosts, loopback, resolve }: GateOptions): Gate {
  const mayConnect = (ip: string, port: number) =>
    isPublicAddress(ip) || privateHosts(ip, port) || (loopback && isLoopbackAddress(ip));
  const check = (host: string, ips: readonly string[], port: number): UpstreamError | undefined =>
    privateHosts(host, port) || ips.every((ip) => mayConnect(ip, port)) ? undefined : refused(host);
  return {
    refusal(host, port) {
      if (allow?.(host, port) === false) return notAllowed(host);
      return isIP(host) === 0 ? undefined : check(host, [host], port);
    },
    lookup: (port) => (written, options, found) => {
      const host = written.toLowerCase().replace(/\.$/, "");
      const answer = (ips: readonly string[]): void => {
        const error = ips.length === 0 ? unknown(host) : check(host, ips, port);
        if (error === undefined) give(ips, options.all === true, found);
        else found(error, []);
      };
      resolve(host).then(answer, (error: unknown) =>
        found(error instanceof Error ? error : unknown(host), []),
      );
    },
  };
}

function give(ips: readonly string[], all: boolean, found: Parameters<SocketLookup>[2]): void {
  const addresses = ips.map((address) => ({ address, family: isIPv6(address) ? 6 : 4 }));
  const [first] = addresses;
  if (all || first === undefined) found(null, addresses);
  else found(null, first.address, first.family);
}

function refused(host: string): UpstreamError {
  return new UpstreamError(
    "forbidden",
    "the address leads into a private network: list its host in server.egress.private_hosts to allow it",
    { detail: host },
  );
}

function notAllowed(host: string): UpstreamError {
  return new UpstreamError(
    "forbidden",
    "the address is of a host that server.egress.allow does not have",
    { detail: host },
  );
}

function unknown(host: string): UpstreamError {
  return new UpstreamError("dns", "the host name does not resolve", { detail: host });
}
