import type { CatalogRow } from "./catalog-row.ts";
import { openaiChatRow } from "./openai-chat-row.ts";

/** Cloud and data platforms. Most serve every customer at an address of its own, which the config must then say. */
export const cloudRows: readonly CatalogRow[] = [
  // Without an API key requests are signed with what AWS's standard chain of credentials finds.
  {
    id: "bedrock",
    name: "Amazon Bedrock",
    baseUrl: "https://bedrock-runtime.{region}.amazonaws.com",
    credentialEnv: ["AWS_BEARER_TOKEN_BEDROCK"],
    credentialOptional: true,
    auth: { sigv4: "bedrock" },
    dialect: "bedrock-converse",
    operations: ["chat", "embed", "count_tokens"],
    quirks: {},
    unverified: [],
    docs: "https://docs.aws.amazon.com/bedrock/latest/APIReference/API_runtime_Converse.html",
  },
  // Claude in its maker's own dialect inside of Bedrock's paths and frames.
  {
    id: "bedrock_invoke",
    name: "Amazon Bedrock (Claude by InvokeModel)",
    baseUrl: "https://bedrock-runtime.{region}.amazonaws.com",
    credentialEnv: ["AWS_BEARER_TOKEN_BEDROCK"],
    credentialOptional: true,
    auth: { sigv4: "bedrock" },
    dialect: "bedrock-invoke",
    operations: ["chat"],
    quirks: {},
    unverified: [],
    docs: "https://docs.aws.amazon.com/bedrock/latest/userguide/model-parameters-anthropic-claude-messages.html",
  },
  // `https://bedrock-mantle.REGION.api.aws/v1`, with an API key of Bedrock.
  openaiChatRow({
    id: "bedrock_mantle",
    name: "Amazon Bedrock (Mantle)",
    baseUrl: null,
    credentialEnv: ["BEDROCK_MANTLE_API_KEY", "AWS_BEARER_TOKEN_BEDROCK"],
    unverified: ["quirks"],
    docs: "https://docs.aws.amazon.com/bedrock/latest/userguide/bedrock-mantle.html",
  }),
  openaiChatRow({
    id: "clarifai",
    name: "Clarifai",
    baseUrl: "https://api.clarifai.com/v2/ext/openai/v1",
    credentialEnv: ["CLARIFAI_PAT", "CLARIFAI_API_KEY"],
    unverified: ["quirks"],
    docs: "https://docs.clarifai.com/compute/inference/open-ai/",
  }),
  // `https://api.cloudflare.com/client/v4/accounts/ACCOUNT/ai/v1`.
  openaiChatRow({
    id: "cloudflare",
    name: "Cloudflare Workers AI",
    baseUrl: null,
    credentialEnv: ["CLOUDFLARE_API_KEY", "CLOUDFLARE_API_TOKEN"],
    operations: ["chat", "embed"],
    unverified: ["quirks"],
    docs: "https://developers.cloudflare.com/workers-ai/configuration/open-ai-compatibility/",
  }),
  // `https://WORKSPACE/serving-endpoints`; the model is the name of an endpoint.
  openaiChatRow({
    id: "databricks",
    name: "Databricks Model Serving",
    baseUrl: null,
    credentialEnv: ["DATABRICKS_API_KEY", "DATABRICKS_TOKEN"],
    operations: ["chat", "embed"],
    unverified: ["quirks"],
    docs: "https://docs.databricks.com/aws/en/machine-learning/model-serving/score-foundation-models",
  }),
  openaiChatRow({
    id: "datarobot",
    name: "DataRobot",
    baseUrl: "https://app.datarobot.com/api/v2/genai/llmgw",
    credentialEnv: ["DATAROBOT_API_TOKEN", "DATAROBOT_API_KEY"],
    operations: ["chat"],
    unverified: ["quirks"],
    docs: "https://docs.datarobot.com/en/docs/gen-ai/genai-code/dr-llm-gateway.html",
  }),
  // The host is the deployment's own.
  openaiChatRow({
    id: "gdc",
    name: "Google Distributed Cloud",
    baseUrl: null,
    credentialEnv: ["GDC_API_KEY"],
    operations: ["chat"],
    unverified: ["credentialEnv", "quirks"],
    docs: "https://cloud.google.com/distributed-cloud/hosted/docs/latest/gdch/gemini/gemini-overview",
  }),
  openaiChatRow({
    id: "gradient_ai",
    name: "DigitalOcean Gradient AI",
    baseUrl: "https://inference.do-ai.run/v1",
    credentialEnv: ["GRADIENT_AI_API_KEY", "DIGITALOCEAN_ACCESS_TOKEN"],
    unverified: ["quirks"],
    docs: "https://docs.digitalocean.com/products/gradient-ai-platform/how-to/use-serverless-inference/",
  }),
  // Europe is `https://eu.inference.heroku.com/v1`; an attached model says its own host.
  openaiChatRow({
    id: "heroku",
    name: "Heroku Managed Inference",
    baseUrl: "https://us.inference.heroku.com/v1",
    credentialEnv: ["INFERENCE_KEY", "HEROKU_API_KEY"],
    operations: ["chat", "embed"],
    unverified: ["quirks"],
    docs: "https://devcenter.heroku.com/articles/heroku-inference-api-v1-chat-completions",
  }),
  openaiChatRow({
    id: "modelscope",
    name: "ModelScope API-Inference",
    baseUrl: "https://api-inference.modelscope.cn/v1",
    credentialEnv: ["MODELSCOPE_API_KEY", "MODELSCOPE_SDK_TOKEN"],
    unverified: ["quirks"],
    docs: "https://modelscope.cn/docs/model-service/API-Inference/intro",
  }),
  // `https://inference.generativeai.REGION.oci.oraclecloud.com/openai/v1`, with an API key of the Generative AI service.
  openaiChatRow({
    id: "oci",
    name: "Oracle OCI Generative AI",
    baseUrl: null,
    credentialEnv: ["OCI_GENAI_API_KEY"],
    operations: ["chat"],
    unverified: ["credentialEnv", "quirks"],
    docs: "https://docs.oracle.com/en-us/iaas/Content/generative-ai/openai-compatible-api.htm",
  }),
  // `https://serving.app.predibase.com/TENANT/deployments/v2/llms/DEPLOYMENT/v1`.
  openaiChatRow({
    id: "predibase",
    name: "Predibase",
    baseUrl: null,
    credentialEnv: ["PREDIBASE_API_KEY", "PREDIBASE_API_TOKEN"],
    operations: ["chat"],
    unverified: ["quirks"],
    docs: "https://docs.predibase.com",
  }),
  // `https://ACCOUNT.snowflakecomputing.com/api/v2/cortex/v1`, with a programmatic access token.
  openaiChatRow({
    id: "snowflake",
    name: "Snowflake Cortex",
    baseUrl: null,
    credentialEnv: ["SNOWFLAKE_PAT", "SNOWFLAKE_JWT"],
    operations: ["chat"],
    quirks: { maxTokensField: "max_completion_tokens" },
    unverified: ["credentialEnv", "quirks"],
    docs: "https://docs.snowflake.com/en/user-guide/snowflake-cortex/open_ai_sdk",
  }),
  // The host differs by region and account: the console says it.
  openaiChatRow({
    id: "tencent",
    name: "Tencent TokenHub",
    baseUrl: null,
    credentialEnv: ["TENCENT_API_KEY", "TENCENT_TOKENHUB_API_KEY"],
    operations: ["chat"],
    unverified: ["quirks"],
    docs: "https://cloud.tencent.com/document/product/1823/130050",
  }),
];
