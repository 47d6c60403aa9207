import { create } from "@bufbuild/protobuf";
import { timestampFromMs } from "@bufbuild/protobuf/wkt";
import {
  CircuitState,
  type CredentialHealth,
  CredentialHealthSchema,
} from "../../../gen/parlance/admin/v1/model_pb.js";
import type { ConfiguredProvider } from "../../config/settings.ts";
import type { Circuit } from "../../policies/routing/circuits/circuit.ts";
import type { CredentialCircuits } from "../../policies/routing/circuits/credential-circuits.ts";
import { credentialName } from "../../upstream/credentials/credential-circuits.ts";

/** What circuits are in the contract. */
export const circuitStates: Readonly<Record<Circuit["state"], CircuitState>> = {
  closed: CircuitState.CLOSED,
  open: CircuitState.OPEN,
  half_open: CircuitState.HALF_OPEN,
  probing: CircuitState.HALF_OPEN,
};

/** A credential by its place and by the name of its circuit. */
interface NamedCredential {
  readonly place: string;
  readonly name: string;
}

/** Named once for each configuration: a hash costs more than all else here. */
const named = new WeakMap<ConfiguredProvider, readonly NamedCredential[]>();

/** How the credentials of a provider do; none where it has but one. */
export function describeCredentials(
  provider: ConfiguredProvider,
  circuits: CredentialCircuits,
): CredentialHealth[] {
  if (provider.credentials.length < 2) return [];
  return namesOf(provider).map(({ place, name }) => {
    const circuit = circuits.of(name);
    const opening = circuits.opening(name);
    return create(CredentialHealthSchema, {
      name: place,
      hash: name.slice(name.lastIndexOf("\n") + 1),
      circuit: circuitStates[circuit.state],
      ...("untilMs" in circuit && { nextProbe: timestampFromMs(circuit.untilMs) }),
      ...(opening !== undefined && {
        circuitOpened: timestampFromMs(opening.openedMs),
        circuitReason: opening.reason,
      }),
    });
  });
}

function namesOf(provider: ConfiguredProvider): readonly NamedCredential[] {
  const known = named.get(provider);
  if (known !== undefined) return known;
  const { name, credentials, settings } = provider;
  const alone = settings.apiKey === undefined ? 0 : 1;
  const names = credentials.map((secret, at) => ({
    place: at < alone ? "api_key" : `api_keys[${at - alone}]`,
    name: credentialName(name, secret.reveal()),
  }));
  named.set(provider, names);
  return names;
}
