import { ErrorReason } from "../../gen/parlance/error/v1/error_reason_pb.js";
import type { Fault } from "../core/faults/fault.ts";
import type { Exchange, ExchangeHandler } from "./http/exchange.ts";

/** What the guard goes by. */
export interface LocalGuardOptions {
  /** Whether only this machine may call, and without a key. */
  readonly open: () => boolean;
  /** Whether a host name or address can only be this machine. */
  readonly isLocal: (host: string) => boolean;
  readonly handler: ExchangeHandler;
  /** Refuses an exchange in the caller's protocol and dialect. */
  readonly refuse: (exchange: Exchange, fault: Fault) => void | Promise<void>;
}

/**
 * Keeps web pages out of a gateway that needs no key because it listens on loopback only. A page
 * whose own name is made to resolve to 127.0.0.1 (DNS rebinding) is of the same origin as the
 * gateway, so that no CORS rule holds it back; but its requests name its own host, and no local
 * client's do.
 */
export function createLocalGuard({
  open,
  isLocal,
  handler,
  refuse,
}: LocalGuardOptions): ExchangeHandler {
  return (exchange) => {
    const { authority } = exchange;
    if (!open() || authority === "" || hostsOf(authority).every(isLocal)) return handler(exchange);
    return refuse(exchange, hostNotLocal);
  };
}

/**
 * The hosts of an authority. Clients of gRPC send the target that they were given: a list where
 * they choose among addresses (`127.0.0.1:4000,127.0.0.1:4001`), with its scheme (`ipv4:`, `ipv6:`,
 * `dns:///`), brackets percent-encoded. Browsers send none of these.
 * https://github.com/grpc/grpc/blob/master/doc/naming.md
 */
function hostsOf(authority: string): readonly string[] {
  const plain = authority
    .replace(/^(?:ipv[46]:|dns:(?:\/\/\/)?)/i, "")
    .replaceAll("%5B", "[")
    .replaceAll("%5D", "]");
  return plain.split(",").map(hostOf);
}

/** The host of `host:port`, an IPv6 address with its brackets. */
function hostOf(authority: string): string {
  return /^(\[[^\]]*\]|[^:]*)(?::\d*)?$/.exec(authority)?.[1] ?? authority;
}

const hostNotLocal: Fault = {
  reason: ErrorReason.PERMISSION_DENIED,
  message:
    "This gateway has no keys and so answers only to the names of this machine: call it as localhost or 127.0.0.1, " +
    "or configure keys to call it by another name.",
};
