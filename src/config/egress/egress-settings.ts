import type { HostList } from "../../core/net/egress.ts";

/** What the gateway may connect to, compiled from `server.egress`. */
export interface EgressSettings {
  /** Hosts that may be connected to. Absent: all. */
  readonly allow?: HostList;
  /** Hosts of private networks that addresses which are not the operator's may name. */
  readonly privateHosts: HostList;
  /** Whether these may name loopback addresses. */
  readonly loopback: boolean;
  /** Headers that proxies act on and stored providers may set; lower case. */
  readonly headers: ReadonlySet<string>;
}
