import type { Command } from "../command.ts";
import { gatewayOptions } from "../running/gateway-options.ts";

const { url } = gatewayOptions;

/** The commands that sign people in and out. */
export const signInCommands: readonly Command[] = [
  {
    name: "login",
    summary: "sign in at a running gateway by its identity provider",
    positionals: [],
    options: {
      url,
      issuer: {
        type: "string",
        value: "ISSUER",
        description: "the name or the address of the issuer; default: the one of the gateway",
      },
      "client-id": {
        type: "string",
        value: "ID",
        description: "the client to sign in as; default: as the gateway says",
      },
      scope: {
        type: "string",
        value: "SCOPES",
        description: "scopes to ask for, with commas between; default: as the gateway says",
      },
      "id-token": {
        type: "boolean",
        description: "send the ID token; default: as the gateway says, else the access token",
      },
    },
    details: `Shows an address and a code to enter there, on any device, and waits. Commands
that have no key then call as whoever has signed in, until parlance logout. The tokens are in
parlance/sign-in.json below $XDG_CONFIG_HOME, else ~/.config, which only you may read, and
go to this gateway alone. A client with a secret: $PARLANCE_CLIENT_SECRET.`,
    run: async (shell, input) => (await import("./login-command.ts")).runLogin(shell, input),
  },
  {
    name: "logout",
    summary: "give up the tokens of parlance login",
    positionals: [],
    options: { url },
    details: "They are revoked at the issuer too, where it can be reached.",
    run: async (shell, input) => (await import("./login-command.ts")).runLogout(shell, input),
  },
];
