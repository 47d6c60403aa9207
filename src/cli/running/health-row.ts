import type { Command } from "../command.ts";

/** `parlance health` as data. */
export const healthRow: Command = {
  name: "health",
  summary: "ask a running gateway whether it lives, for probes",
  positionals: [],
  options: {
    ready: { type: "boolean", description: "ask whether it takes calls (/readyz)" },
    url: {
      type: "string",
      value: "URL",
      description:
        "where the gateway listens; default: $PARLANCE_URL, else $PARLANCE_PORT on this machine",
    },
  },
  details: `Exits with 0 where the answer is yes, else with 1, after 2.5 s at the latest. Needs no
key. With TLS the URL has the name that is in the certificate, and NODE_EXTRA_CA_CERTS
names a CA of your own.`,
  run: async (shell, input) => (await import("./health-command.ts")).runHealth(shell, input),
};
