/** A host of a URL without what does not belong to its name: brackets, and a dot at its end. */
export function plainHost(hostname: string): string {
  return hostname.replace(/^\[(.*)\]$/, "$1").replace(/\.$/, "");
}

/** The port of a URL, also where it is that of its scheme. */
export function portOf({ port, protocol }: Pick<URL, "port" | "protocol">): number {
  return port === "" ? (usualPorts.get(protocol) ?? 0) : Number(port);
}

const usualPorts: ReadonlyMap<string, number> = new Map([
  ["http:", 80],
  ["https:", 443],
  ["smtp:", 25],
  ["smtps:", 465],
  ["nats:", 4222],
  ["tls:", 4222],
]);
