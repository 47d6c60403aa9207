import { isIP } from "node:net";
import { isPublicAddress } from "../../config/egress/public-address.ts";
import type { HostList } from "../../core/net/egress.ts";
import { plainHost, portOf } from "../../core/net/host-of.ts";

/** Which hosts media may be fetched from. */
export interface AddressPolicy {
  /** Whether files may be fetched from hosts of private networks. */
  readonly allowPrivateAddresses: boolean;
  /**
   * Hosts that are allowed whatever their IP address: a name, an address, or `*.` and a name for
   * all hosts below it. Lower case.
   */
  readonly privateHosts: readonly string[];
  /** Hosts that the gateway may connect to. Absent: all. */
  readonly allow?: HostList | undefined;
  /** The IP addresses of a host name. */
  readonly lookup: (host: string) => Promise<readonly string[]>;
}

/** A checked address: where to connect, and what to ask there. */
export interface MediaAddress {
  readonly url: URL;
  /**
   * The address to connect to, and to no other, so that a second look-up cannot give another
   * answer.
   */
  readonly ip: string;
}

/** What an address turned out to be; where it is refused, why, to go on after "the address". */
export type AddressCheck =
  | { readonly ok: true; readonly address: MediaAddress }
  | { readonly ok: false; readonly why: string };

/**
 * Checks a URL before any request is sent to it. Every IP address of the host must be allowed, for
 * a host that has one of either kind is not to be trusted. Numbers of any notation
 * (`http://2130706433/`, `0x7f.1`) are addresses too.
 */
export async function checkMediaAddress(
  text: string,
  policy: AddressPolicy,
): Promise<AddressCheck> {
  const url = URL.parse(text);
  if (url === null) return refused("is none; give an absolute http or https address");
  if (url.protocol !== "http:" && url.protocol !== "https:")
    return refused("must begin with http:// or https://");
  if (url.username !== "" || url.password !== "") {
    return refused(
      "holds a user name or password, which is never sent on; use a signed address or send the bytes",
    );
  }
  const host = plainHost(url.hostname);
  if (policy.allow?.(host, portOf(url)) === false)
    return refused("is of a host that server.egress.allow does not have; send the bytes");
  const ips = isIP(host) !== 0 ? [host] : await policy.lookup(host).catch(() => []);
  const [ip] = ips;
  if (ip === undefined) return refused("names a host that is not known");
  if (!(mayBePrivate(host, policy) || ips.every(isPublicAddress))) {
    return refused(
      "leads into a private network; send the bytes, or allow it with media_fetch.private_hosts",
    );
  }
  return { ok: true, address: { url, ip } };
}

function mayBePrivate(
  host: string,
  { allowPrivateAddresses, privateHosts }: AddressPolicy,
): boolean {
  return allowPrivateAddresses || privateHosts.some((pattern) => matches(host, pattern));
}

function matches(host: string, pattern: string): boolean {
  return pattern.startsWith("*.") ? host.endsWith(pattern.slice(1)) : host === pattern;
}

function refused(why: string): AddressCheck {
  return { ok: false, why };
}
