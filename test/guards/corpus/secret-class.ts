import { create } from "@bufbuild/protobuf";
import { SecretsGuardSchema } from "../../../gen/parlance/config/v1/guard_detector_pb.js";
import { type CorpusClass, within } from "./class.ts";
import { base62, base64Url, type Draw, hex } from "./draw.ts";
import { hardNegatives } from "./hard-negatives.ts";
import { sentences } from "./sentences.ts";

type Make = (draw: Draw) => string;

const capitalsAnd27 = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";
const base64 = `${base62}+/`;

/** Keys and tokens of known formats, made of random characters. */
const keys: readonly Make[] = [
  ({ word }) => `sk-${word(base62, 20)}T3BlbkFJ${word(base62, 20)}`,
  ({ word }) => `sk-proj-${word(base64Url, 74)}T3BlbkFJ${word(base62, 40)}`,
  ({ word }) => `sk-ant-api03-${word(base64Url, 93)}AA`,
  ({ word }) => `sk-${word(base62, 32)}`,
  ({ word }) => `AKIA${word(capitalsAnd27, 16)}`,
  ({ word }) => `ASIA${word(capitalsAnd27, 16)}`,
  ({ word }) => `AIza${word(base64Url, 34)}a`,
  ({ word }) => `ya29.${word(base62, 120)}`,
  ({ word }) => `ghp_${word(base62, 36)}`,
  ({ word }) => `github_pat_${word(base62, 22)}_${word(base62, 59)}`,
  ({ word }) => `glpat-${word(base62, 20)}`,
  ({ word, filled }) => filled(`xoxb-############-############-${word(base62, 24)}`),
  ({ word }) => `sk_live_${word(base62, 24)}`,
  ({ word }) => `rk_test_${word(base62, 40)}`,
  ({ word }) => `${word(base62, 3)}8Q~${word(base62, 34)}`,
  ({ word }) => `${word(base62, 52)}JQQJ99${word(base62, 26)}`,
  ({ word }) => `hf_${word(base62, 34)}`,
  ({ word }) => `npm_${word(base62, 36)}`,
  ({ word }) => `pypi-AgEIcHlwaS5vcmc${word(base62, 120)}`,
  ({ word }) => `SK${word(hex, 32)}`,
  ({ word }) => `SG.${word(base62, 22)}.${word(base62, 43)}`,
  ({ word }) => `eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOi${word(base62, 40)}.${word(base64Url, 42)}a`,
  ({ word }) => `gsk_${word(base62, 52)}`,
  ({ word }) => `dapi${word(hex, 32)}`,
  ({ word }) =>
    `-----BEGIN PRIVATE KEY-----\n${word(base64, 64)}\n${word(base64, 64)}\n-----END PRIVATE KEY-----`,
];

/** Credentials in the words around them. */
const written: readonly ((draw: Draw) => readonly [sentence: string, wanted: string])[] = [
  (draw) => ["postgres://app:{}@db.internal:5432/app", passwordOf(draw)],
  (draw) => ["redis://:{}@cache:6379/0", passwordOf(draw)],
  (draw) => ["password = {}", passwordOf(draw)],
  (draw) => ['"password": "{}"', passwordOf(draw)],
  (draw) => ["The password is {}", passwordOf(draw)],
  (draw) => ["DB_PASSWORD={}\nDB_USER=app", passwordOf(draw)],
  (draw) => ["Authorization: Bearer {}", draw.word(base62, 40)],
  (draw) => ['api_key: "{}"', draw.word(base62, 40)],
  (draw) => ["CLIENT_SECRET={}", draw.word(base62, 32)],
  (draw) => ["X-Api-Key: {}", draw.word(hex, 40)],
  (draw) => ["aws_secret_access_key = {}", draw.word(base64, 39) + draw.one(["a", "B"])],
  (draw) => ["my secret key for AWS: {}", `a1${draw.word(base64, 37)}Z`],
];

function passwordOf({ word, one, below }: Draw): string {
  return `${one(["Winter", "hunter", "Tr0ub4dor", "blue"])}${word("!$%&*-+", 1)}${below(9000)}${word(base62, 3)}`;
}

/** What stands near words such as key and password and is none. */
const noSecrets: readonly Make[] = [
  ({ filled }) => filled("sk-learn-contrib-example-pipeline-##"),
  () => "sk-estimator-doc-link sk-toggleable__content-fallback",
  () => "password = getpass(); token = response.json()['token']",
  () => "password: required|min:8|confirmed",
  () => "PASSWORD=$\u007bDB_PASSWORD} TOKEN=$CI_JOB_TOKEN",
  () => "api_key: <your-api-key-here>, secret: ************",
  () => "postgres://user:password@localhost/db and https://$\u007bUSER}:$\u007bPASS}@host",
  () => "const tokenKey = 'accessTokenExpirationInSeconds';",
  () => "getSecretValueFromConfigurationProviderFactory2(key)",
  ({ word }) => `cache key user:profile:${word("0123456789", 6)} expires in 300 s`,
  ({ word }) =>
    `primary key id = ${word(hex, 8)}-${word(hex, 4)}-4${word(hex, 3)}-9${word(hex, 3)}-${word(hex, 12)}`,
  () => "ssh-keygen -t ed25519 -C 'joe' # makes a private key",
  () => "-----BEGIN CERTIFICATE-----\nMIIDdzCCAl+gAwIBAgIE\n-----END CERTIFICATE-----",
  () => "-----BEGIN PUBLIC KEY-----\nMIIBIjANBgkqhkiG9w0B\n-----END PUBLIC KEY-----",
  () => "Tokens: 1,024 in, 512 out; max_tokens=4096, token_limit: 128000",
  () => "the AKIA prefix marks access keys, ghp_ those of persons, hf_ others",
  () => "eyJhbGciOiJIUzI1NiJ9 is the first part of a JWT",
  ({ word }) => `git commit ${word(hex, 40)} changes the key handling`,
  ({ word }) => `<meta name="csp-nonce" content="${word(hex, 16)}">`,
  () => "Das Passwort ist mindestens 12 Zeichen lang; le mot de passe est obligatoire",
];

/** Credentials. */
export const secretClass: CorpusClass = {
  name: "secrets",
  check: { case: "secrets", value: create(SecretsGuardSchema) },
  precision: 0.99,
  recall: 0.99,
  positives: (draw, count) =>
    Array.from({ length: count }, (_, at) => {
      const key = keys[at % (keys.length + written.length)];
      if (key !== undefined) return within(draw.one(sentences), key(draw));
      const [sentence, wanted] = draw.one(written)(draw);
      return within(sentence, wanted);
    }),
  negatives: (draw, count) => [
    ...Array.from({ length: Math.ceil(count / 2) }, () => draw.one(noSecrets)(draw)),
    ...hardNegatives(draw, Math.floor(count / 2)),
  ],
};
