import { BlockList } from "node:net";
import ipaddr from "ipaddr.js";

/** Whether an address is that of a proxy of our own. */
export type Trust = (address: string) => boolean;

/**
 * Makes a check of addresses and networks (`10.0.0.0/8`, `::1`). Throws a RangeError that names the
 * first one that is neither.
 */
export function createTrust(networks: readonly string[]): Trust {
  const list = new BlockList();
  for (const network of networks) addNetwork(list, network);
  if (networks.length === 0) return () => false;
  return (address) => {
    const plain = plainAddress(address);
    return plain !== undefined && list.check(plain.toString(), plain.kind());
  };
}

function addNetwork(list: BlockList, network: string): void {
  const [address = "", bits, ...rest] = network.split("/");
  const plain = strictAddress(address);
  const most = plain?.kind() === "ipv4" ? 32 : 128;
  const prefix = bits === undefined ? most : /^\d{1,3}$/.test(bits) ? Number(bits) : -1;
  if (plain === undefined || prefix < 0 || prefix > most || rest.length > 0)
    throw new RangeError(`${network} is neither an address nor a network such as 10.0.0.0/8`);
  list.addSubnet(plain.toString(), prefix, plain.kind());
}

/**
 * The address of a client. A proxy of ours says in `X-Forwarded-For` whose call it hands on, behind
 * what it was told itself: the last address that is not a proxy's is the client's. `""`: unknown.
 */
export function clientAddress(
  peer: string,
  forwardedFor: string | undefined,
  trusts: Trust,
): string {
  const own = printed(peer);
  if (forwardedFor === undefined || !trusts(peer)) return own;
  let last = own;
  for (const part of forwardedFor.split(",").reverse()) {
    const address = plainAddress(withoutPort(part.trim()))?.toString();
    // What is behind something that is no address nobody vouches for.
    if (address === undefined) return last;
    last = address;
    if (!trusts(address)) return address;
  }
  return last;
}

/** `1.2.3.4:80` and `[::1]:80` without their ports. */
function withoutPort(text: string): string {
  return /^\[([^\]]*)\](?::\d+)?$/.exec(text)?.[1] ?? /^([^:]*):\d+$/.exec(text)?.[1] ?? text;
}

/** An address in its short form, an IPv4 address that is mapped into IPv6 as itself. */
function printed(address: string): string {
  return plainAddress(address)?.toString() ?? address;
}

function plainAddress(text: string): ipaddr.IPv4 | ipaddr.IPv6 | undefined {
  if (!ipaddr.IPv6.isValid(text) && !ipaddr.IPv4.isValidFourPartDecimal(text)) return undefined;
  return ipaddr.process(text);
}

/** An address of the config, without a zone. */
function strictAddress(text: string): ipaddr.IPv4 | ipaddr.IPv6 | undefined {
  return text.includes("%") ? undefined : plainAddress(text);
}
