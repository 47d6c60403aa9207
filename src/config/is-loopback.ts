import { isIP } from "node:net";

/**
 * Whether only this machine can reach a listener on the host (RFC 1122, 3.2.1.3; RFC 4291, 2.5.3;
 * RFC 6761, 6.3).
 */
export function isLoopback(host: string): boolean {
  const plain = host.replace(/^\[(.*)\]$/, "$1").toLowerCase();
  if (isIP(plain) === 4) return plain.startsWith("127.");
  return plain === "::1" || plain === "0:0:0:0:0:0:0:1" || plain === "localhost";
}
