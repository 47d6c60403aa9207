import { thinkingSignature } from "../../vendors/anthropic/thinking-signature.ts";
import { startBedrockVendor } from "../../vendors/bedrock/start-bedrock-vendor.ts";
import {
  asObject,
  asObjects,
  asString,
  contentText,
  type JsonObject,
} from "../../vendors/json-value.ts";
import { thinkingText } from "../../vendors/plan-answer.ts";
import type { RecordedRequest } from "../../vendors/start-vendor-server.ts";
import type { UpstreamRow } from "../upstream-row.ts";
import { anthropicUpstream } from "./anthropic.ts";

const credentials = {
  region: "eu-west-1",
  service: "bedrock",
  keyId: "AKIAMATRIX0123456789",
  secret: "matrix-bedrock-secret-9876543210",
};
const { region, keyId, secret } = credentials;
const signature = thinkingSignature(thinkingText);

/**
 * What both ways to ask Bedrock share: credentials are checked by signature, and no wait is told.
 */
const signed = {
  model: "us.anthropic.claude-sonnet-4-5-20250929-v1:0",
  start: () => startBedrockVendor(credentials),
  shownCredential: ({ headers }: RecordedRequest) => headers.authorization,
  credential:
    /^AWS4-HMAC-SHA256 Credential=AKIAMATRIX0123456789\/\d{8}\/eu-west-1\/bedrock\/aws4_request, /,
  silentOnRetry: ["e429"],
  usage: {
    input: 22 + 1536 + 4096,
    cacheRead: 4096,
    cacheWrite: 1536,
    output: 300,
    reasoning: undefined,
  },
} as const;

const aws = `aws: { region: ${region}, access_key_id: { value: ${keyId} }, secret_access_key: { value: ${secret} } }`;

/** Amazon Bedrock, by Converse. */
export const bedrockUpstream: UpstreamRow = {
  ...signed,
  name: "bedrock",
  provider: (origin) => `kind: bedrock, base_url: "${origin}", ${aws}`,
  toolIds: { shown: /^tooluse_sim\d+_\d$/, received: /^tooluse_sim\d+_\d$/ },
  readToolTurn: (request) => ({
    calls: blocksOf(request, "toolUse").map(({ toolUseId, name, input }) => ({
      id: asString(toolUseId),
      name: asString(name),
      input,
    })),
    results: blocksOf(request, "toolResult").map(({ toolUseId, content }) => ({
      id: asString(toolUseId),
      text: contentText(content),
    })),
  }),
  thinking: {
    proof: signature,
    read: (request) =>
      blocksOf(request, "reasoningContent").map(({ reasoningText }) => {
        const told = asObject(reasoningText);
        return { text: told?.text, signature: told?.signature };
      }),
    broughtBack: [{ text: thinkingText, signature }],
    carriedBy: ["anthropic", "aws", "openai", "responses", "gemini", "rpc"],
  },
};

/** Claude at Bedrock, by InvokeModel: the bodies of Messages in Bedrock's paths and frames. */
export const bedrockInvokeUpstream: UpstreamRow = {
  ...anthropicUpstream,
  ...signed,
  name: "bedrock_invoke",
  provider: (origin) => `kind: bedrock_invoke, base_url: "${origin}", ${aws}`,
  usage: anthropicUpstream.usage,
};

function blocksOf({ json }: RecordedRequest, kind: string): readonly JsonObject[] {
  const blocks = asObjects(asObject(json)?.messages).flatMap(({ content }) => asObjects(content));
  return asObjects(blocks.map((block) => block[kind] ?? null));
}
