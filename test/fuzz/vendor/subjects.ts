import { exchangesKeys, signedService } from "../../../src/adapters/catalog/catalog-row.ts";
import {
  basePath,
  type Driven,
  driven,
  isOpen,
  variablesOf,
} from "../../adapters/catalog/driven-rows.ts";

/**
 * A simulated vendor: one for each way of the catalog to speak to vendors, so that a new dialect is
 * attacked by itself.
 */
export interface Subject {
  /** The provider's name. */
  readonly name: string;
  readonly driven: Driven;
  /** Stands in each of its requests, and tells the vendor who is asked. */
  readonly credential: string;
  /** The provider's settings beside its timeouts. */
  readonly provider: (origin: string) => object;
}

/**
 * What may not be in any reply: the secrets of all subjects, and the value of a header that all of
 * them send.
 */
export const plantedHeader = "zq-header-value-5561207f";

const signingSecret = "zq-signing-secret-9047ab31";

const firstOfEach: readonly Driven[] = driven.filter(
  ({ drive }, at) => driven.findIndex((other) => other.drive === drive) === at,
);

/** Every subject. Those that sign their requests are there once more, without an API key. */
export const subjects: readonly Subject[] = firstOfEach.flatMap((each): Subject[] => {
  const { row } = each;
  const name = each.name.replaceAll("-", "_");
  const settings = (origin: string) => ({
    kind: row.id,
    base_url: `${origin}${basePath(row)}`,
    variables: variablesOf(row),
    headers: { "x-planted": plantedHeader },
    ...(exchangesKeys(row) ? { oauth2: { token_url: `${origin}/identity/token` } } : {}),
  });
  const signed = signedService(row) !== undefined;
  const credential = `zq.${name}.4d1f8a72c3`;
  const region = signed ? { aws: { region: "eu-north-1" } } : {};
  const keyed: Subject = {
    name,
    driven: each,
    credential,
    provider: (origin) => ({ ...settings(origin), ...region, api_key: { value: credential } }),
  };
  if (!signed || !isOpen(row)) return [keyed];
  const keyId = `ZQ${name.replaceAll("_", "").toUpperCase()}KEYID`;
  const aws = {
    region: "eu-north-1",
    access_key_id: { value: keyId },
    secret_access_key: { value: `${signingSecret}-${name}` },
  };
  return [
    keyed,
    {
      name: `${name}_signed`,
      driven: each,
      credential: keyId,
      provider: (origin) => ({ ...settings(origin), aws }),
    },
  ];
});

/** What no reply and no line of output may hold. Ids of signing keys are no secrets. */
export const vendorSecrets: readonly string[] = [
  plantedHeader,
  signingSecret,
  ...subjects.flatMap(({ credential }) => (credential.startsWith("zq.") ? [credential] : [])),
];
