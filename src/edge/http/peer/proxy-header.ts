import ipaddr from "ipaddr.js";

/**
 * What the first bytes of a connection say of where it came from. `more`: they do not say yet.
 * `bad`: they are no header of the PROXY protocol.
 */
export type ProxyHeader =
  | { readonly kind: "more" | "bad" }
  | {
      readonly kind: "header";
      /** Bytes of the header; what follows is the client's own. */
      readonly length: number;
      /** The client's address. Undefined: the proxy speaks for itself, as its health checks do. */
      readonly address: string | undefined;
    };

/**
 * The longest header that is read. The protocol allows 64 KiB of extensions in version 2; proxies
 * send some hundred bytes.
 */
const maxHeaderBytes = 4096;

/** The longest line of version 1, its end included. */
const maxLineBytes = 107;

const signature = Buffer.from("\r\n\r\n\0\r\nQUIT\n", "latin1");
const word = Buffer.from("PROXY ", "latin1");
const fixedBytes = 16;

const more: ProxyHeader = { kind: "more" };
const bad: ProxyHeader = { kind: "bad" };

/**
 * Reads a header of the PROXY protocol, version 1 or 2, from all bytes that have come:
 * https://www.haproxy.org/download/3.0/doc/proxy-protocol.txt.
 */
export function readProxyHeader(start: Buffer): ProxyHeader {
  if (beginsLike(start, signature)) return readBinary(start);
  return beginsLike(start, word) ? readLine(start) : bad;
}

/** Whether the bytes, as far as both go, are the same. */
function beginsLike(start: Buffer, mark: Buffer): boolean {
  const length = Math.min(start.length, mark.length);
  return start.compare(mark, 0, length, 0, length) === 0;
}

function readLine(start: Buffer): ProxyHeader {
  const end = start.subarray(0, maxLineBytes).indexOf("\r\n");
  if (end === -1) return start.length < maxLineBytes ? more : bad;
  const [, family, source = ""] = start.toString("latin1", 0, end).split(" ");
  const header = { kind: "header", length: end + 2 } as const;
  if (family === "UNKNOWN") return { ...header, address: undefined };
  const right =
    (family === "TCP4" && ipaddr.IPv4.isValidFourPartDecimal(source)) ||
    (family === "TCP6" && ipaddr.IPv6.isValid(source));
  return right ? { ...header, address: source } : bad;
}

function readBinary(start: Buffer): ProxyHeader {
  if (start.length < fixedBytes) return more;
  const [command = 0, family = 0] = start.subarray(signature.length);
  const length = fixedBytes + start.readUInt16BE(fixedBytes - 2);
  if (command >> 4 !== 2 || length > maxHeaderBytes) return bad;
  if (start.length < length) return more;
  const bytes = { 1: 4, 2: 16 }[family >> 4] ?? 0;
  // The command LOCAL, and families that have no addresses of the Internet.
  if ((command & 0xf) === 0 || bytes === 0) return { kind: "header", length, address: undefined };
  if (length < fixedBytes + 2 * bytes) return bad;
  const source = ipaddr.fromByteArray([...start.subarray(fixedBytes, fixedBytes + bytes)]);
  return { kind: "header", length, address: source.toString() };
}
