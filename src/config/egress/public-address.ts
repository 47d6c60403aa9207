import ipaddr from "ipaddr.js";

/**
 * Public by its range, but not on the network: where the virtual machines of one cloud ask their
 * host.
 */
const hostServices: ReadonlySet<string> = new Set(["168.63.129.16"]);

/**
 * Whether an IP address is one of the public network, by the registries of special-purpose
 * addresses (https://www.iana.org/assignments/iana-ipv4-special-registry,
 * .../iana-ipv6-special-registry). Loopback, private, link-local (where clouds keep their
 * metadata), shared, multicast, documentation and reserved addresses are not. An IPv6 address that
 * stands for an IPv4 address (mapped, NAT64) is what that one is; 6to4 and Teredo are refused, and
 * so is what is no address.
 */
export function isPublicAddress(text: string): boolean {
  if (!ipaddr.isValid(text)) return false;
  const address = ipaddr.process(text);
  if (address.kind() === "ipv4") return isPublicIpv4(address.toString());
  const range = address.range();
  const bytes = address.toByteArray();
  if (range === "rfc6052")
    return isWellKnownNat64(bytes) && isPublicIpv4(bytes.slice(12).join("."));
  return range === "unicast" && isGlobalUnicast(bytes);
}

/** Whether an IP address is one of this machine alone, or an IPv6 address that stands for one. */
export function isLoopbackAddress(text: string): boolean {
  return ipaddr.isValid(text) && ipaddr.process(text).range() === "loopback";
}

function isPublicIpv4(text: string): boolean {
  return !hostServices.has(text) && ipaddr.IPv4.parse(text).range() === "unicast";
}

/** `64:ff9b::/96`; the prefix for local use beside it may stand for anything. */
function isWellKnownNat64(bytes: readonly number[]): boolean {
  return bytes.slice(4, 12).every((byte) => byte === 0);
}

/** `2000::/3`, all that is allocated so far. */
function isGlobalUnicast([first = 0]: readonly number[]): boolean {
  return first >> 5 === 1;
}
