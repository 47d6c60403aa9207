import type { Egress } from "../../../gen/parlance/config/v1/egress_pb.js";
import { isLoopback } from "../compile/compile-server.ts";
import { type ConfigScope, inElement, inField, problem } from "../config-scope.ts";
import type { FilledConfig } from "../defaults.ts";
import type { EgressSettings } from "./egress-settings.ts";
import { createHostList, parseHostEntry } from "./host-list.ts";

/** Compiles what the gateway may connect to. `scope` is that of `server.egress`. */
export function compileEgress(
  { egress, host, trustedProxies }: FilledConfig["server"],
  scope: ConfigScope,
): EgressSettings {
  const { allow = [], privateHosts = [], allowLoopback }: Partial<Egress> = egress ?? {};
  checkEntries(allow, inField(scope, "allow"));
  checkEntries(privateHosts, inField(scope, "private_hosts"));
  return {
    ...(allow.length === 0 ? {} : { allow: createHostList(allow) }),
    privateHosts: createHostList(privateHosts),
    loopback: allowLoopback ?? (isLoopback(host) && trustedProxies.length === 0),
    headers: new Set(egress?.allowHeaders),
  };
}

function checkEntries(entries: readonly string[], scope: ConfigScope): void {
  for (const [index, entry] of entries.entries()) {
    if (parseHostEntry(entry) !== undefined) continue;
    problem(inElement(scope, index), {
      message: "is neither a host name nor an address or a network",
      hint: 'write a name such as api.example.com, "*.example.com", 10.0.0.7, 10.0.0.0/8 or api.example.com:443, without a scheme and a path',
      ruleId: "host",
    });
  }
}
