import type { Socket } from "node:net";
import { TLSSocket } from "node:tls";
import { parseJson } from "../../../json/json.ts";
import { clientAddress, type Trust } from "./client-address.ts";

/** Who is at the other end of a connection. */
export interface Peer {
  /** Its address, or what a proxy says of it by the PROXY protocol. "": it is not known. */
  readonly address: string;
  /**
   * The address of a call's client by its `X-Forwarded-For`. Undefined: the peer is no proxy that
   * is trusted.
   */
  readonly forwards: ((forwardedFor: string | undefined) => string) | undefined;
  /** The names in its certificate, where it has a good one. */
  readonly names: readonly string[];
}

/** The peer of a new connection. `proxied` is its address as a proxy's header has it. */
export function peerOf(socket: Socket, proxied: string | undefined, trusts: Trust): Peer {
  const address = proxied ?? socket.remoteAddress ?? "";
  return {
    address: clientAddress(address, undefined, trusts),
    forwards: trusts(address)
      ? (forwardedFor) => clientAddress(address, forwardedFor, trusts)
      : undefined,
    names: socket instanceof TLSSocket && socket.authorized ? certificateNames(socket) : [],
  };
}

/**
 * The subject alternative names by which services are known: `DNS:a, URI:spiffe://b, email:c`. One
 * with a comma or a quote is quoted as JSON by Node.
 * https://nodejs.org/api/crypto.html#x509subjectaltname
 */
function certificateNames(socket: TLSSocket): readonly string[] {
  const { subjectaltname = "" } = socket.getPeerCertificate();
  return Array.from(subjectaltname.matchAll(NAME), ([, plain = "", quoted]) =>
    quoted === undefined ? plain : unquoted(quoted),
  );
}

function unquoted(text: string): string {
  const parsed = parseJson(text);
  return parsed.ok && typeof parsed.value === "string" ? parsed.value : "";
}

const NAME = /(?:^|, )(?:DNS|URI|email):(?:([^",]+)|("(?:[^"\\]|\\.)*"))/g;
