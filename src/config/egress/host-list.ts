import ipaddr from "ipaddr.js";
import type { HostList } from "../../core/net/egress.ts";
import { createAddressList, isNetwork } from "../compile/address-list.ts";

/** One entry of a list of hosts: what it holds for, and the port. Absent: every port. */
interface HostEntry {
  readonly host: string;
  readonly port?: number;
}

/**
 * Reads an entry: a name, `*.` and a name for all hosts below it, an address, or a network, each
 * with a port behind a colon or without; an IPv6 address with a port stands in brackets. Undefined:
 * it is none of these.
 */
export function parseHostEntry(text: string): HostEntry | undefined {
  const { host, port } = splitPort(text.toLowerCase());
  if (!isNetwork(host) && !isName(host)) return undefined;
  if (port === undefined) return { host };
  const number = Number(port);
  return number >= 1 && number <= 65_535 ? { host, port: number } : undefined;
}

/** Makes a list of entries, each of which `parseHostEntry` takes. */
export function createHostList(entries: readonly string[]): HostList {
  const tests = entries.flatMap((text): HostList[] => {
    const entry = parseHostEntry(text);
    if (entry === undefined) return [];
    const matches = isNetwork(entry.host) ? addressTest(entry.host) : nameTest(entry.host);
    return [(host, port) => (entry.port ?? port) === port && matches(host)];
  });
  return (host, port) => tests.some((test) => test(host, port));
}

function splitPort(text: string): { readonly host: string; readonly port?: string } {
  const bracketed = /^\[([^\]]*)\](?::(\d{1,5}))?$/.exec(text);
  const [, host, port] = bracketed ?? /^([^:]*)(?::(\d{1,5}))$/.exec(text) ?? [];
  if (host === undefined) return { host: text };
  return port === undefined ? { host } : { host, port };
}

function isName(text: string): boolean {
  // Digits alone would be an address that is written in another way.
  return /^(\*\.)?([a-z0-9_-]+\.)*[a-z_][a-z0-9_-]*$/.test(text);
}

function nameTest(pattern: string): (host: string) => boolean {
  if (pattern.startsWith("*.")) return (host) => host.endsWith(pattern.slice(1));
  return (host) => host === pattern;
}

function addressTest(network: string): (host: string) => boolean {
  const has = createAddressList([network]);
  // An IPv6 address that stands for an IPv4 address is that one.
  return (host) => ipaddr.isValid(host) && has(ipaddr.process(host).toString());
}
