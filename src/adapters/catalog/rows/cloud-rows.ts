import type { DeclaredRow } from "../catalog-row.ts";
import { rerankerFamily } from "../reranker-family.ts";
import { openaiChatQuirks, openaiChatRow } from "./openai-chat-row.ts";

/**
 * Cloud and data platforms. Most serve every customer at an address of its own, which the config
 * must then say.
 */
export const cloudRows: readonly DeclaredRow[] = [
  // Without an API key requests are signed with what AWS's standard chain of credentials finds.
  {
    id: "bedrock",
    name: "Amazon Bedrock",
    baseUrl: "https://bedrock-runtime.{region}.amazonaws.com",
    credentialEnv: ["AWS_BEARER_TOKEN_BEDROCK"],
    credentialOptional: true,
    auth: { sigv4: "bedrock" },
    dialect: "bedrock-converse",
    families: [
      rerankerFamily(
        "bedrock-rerank",
        "amazon.rerank-v1:0",
        "https://bedrock-agent-runtime.{region}.amazonaws.com",
      ),
    ],
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
  // With an API key of Bedrock.
  openaiChatRow({
    id: "bedrock_mantle",
    name: "Amazon Bedrock (Mantle)",
    baseUrl: "https://bedrock-mantle.{aws_region}.api.aws/v1",
    variables: [
      {
        name: "aws_region",
        env: ["AWS_REGION", "AWS_DEFAULT_REGION"],
        example: "us-east-1",
        required: true,
      },
    ],
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
  // At this endpoint all text models have the same inputs and answers; at `/ai/run/MODEL` each has
  // its own.
  openaiChatRow({
    id: "cloudflare",
    name: "Cloudflare Workers AI",
    baseUrl: "https://api.cloudflare.com/client/v4/accounts/{account_id}/ai/v1",
    variables: [
      {
        name: "account_id",
        env: ["CLOUDFLARE_ACCOUNT_ID"],
        example: "023e105f4ecef8ad9ca31a8372d0c353",
        required: true,
      },
    ],
    credentialEnv: ["CLOUDFLARE_API_KEY", "CLOUDFLARE_API_TOKEN"],
    operations: ["chat", "embed"],
    unverified: ["quirks"],
    docs: "https://developers.cloudflare.com/workers-ai/configuration/open-ai-compatibility/",
  }),
  // The model is the name of an endpoint. `/serving-endpoints/NAME/invocations` speaks the same
  // dialect with the name in the path.
  openaiChatRow({
    id: "databricks",
    name: "Databricks Model Serving",
    baseUrl: "https://{host}/serving-endpoints",
    variables: [
      {
        name: "host",
        env: ["DATABRICKS_HOST"],
        example: "dbc-a1b2345c-d6e7.cloud.databricks.com",
        required: true,
      },
    ],
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
  // With an API key of the Generative AI service.
  openaiChatRow({
    id: "oci",
    name: "Oracle OCI Generative AI",
    baseUrl: "https://inference.generativeai.{oci_region}.oci.oraclecloud.com/openai/v1",
    variables: [
      { name: "oci_region", env: ["OCI_REGION"], example: "us-chicago-1", required: true },
    ],
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
  // With a programmatic access token. This endpoint speaks with and without streams;
  // `/api/v2/cortex/inference:complete` is older and streams a dialect of its own.
  openaiChatRow({
    id: "snowflake",
    name: "Snowflake Cortex",
    baseUrl: "https://{account}.snowflakecomputing.com/api/v2/cortex/v1",
    variables: [
      {
        name: "account",
        env: ["SNOWFLAKE_ACCOUNT", "SNOWFLAKE_ACCOUNT_ID"],
        example: "myorg-myaccount",
        required: true,
      },
    ],
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
  // The two are named as LiteLLM names them. A model is the name of an endpoint, and `/MODEL` after
  // it where the container of the endpoint has several. This one speaks the native API of Text
  // Generation Inference.
  {
    id: "sagemaker",
    name: "Amazon SageMaker (Text Generation Inference)",
    baseUrl: "https://runtime.sagemaker.{region}.amazonaws.com",
    credentialEnv: [],
    credentialOptional: true,
    auth: { sigv4: "sagemaker" },
    dialect: "sagemaker-tgi",
    operations: ["chat"],
    quirks: {},
    unverified: [],
    docs: "https://docs.aws.amazon.com/sagemaker/latest/APIReference/API_runtime_InvokeEndpoint.html",
  },
  // Containers that speak OpenAI's dialect at their one path, as vLLM's, AWS's large model
  // inference and TGI's Messages API do.
  {
    id: "sagemaker_chat",
    name: "Amazon SageMaker (containers that speak OpenAI's dialect)",
    baseUrl: "https://runtime.sagemaker.{region}.amazonaws.com",
    credentialEnv: [],
    credentialOptional: true,
    auth: { sigv4: "sagemaker" },
    dialect: "sagemaker-chat",
    operations: ["chat", "embed"],
    quirks: openaiChatQuirks,
    unverified: ["operations", "quirks"],
    docs: "https://docs.aws.amazon.com/sagemaker/latest/APIReference/API_runtime_InvokeEndpointWithResponseStream.html",
  },
  // A model of one's own is `deployment/ID`; it needs neither a project nor a space.
  {
    id: "watsonx",
    name: "IBM watsonx.ai",
    baseUrl: "https://{host}",
    variables: [
      {
        name: "host",
        env: ["WATSONX_URL", "WATSONX_API_BASE"],
        example: "us-south.ml.cloud.ibm.com",
        required: true,
      },
      {
        name: "project_id",
        env: ["WATSONX_PROJECT_ID"],
        example: "63dc4cf1-252f-424b-b52d-5cdd9814987f",
        required: true,
        unless: "space_id",
      },
      {
        name: "space_id",
        env: ["WATSONX_SPACE_ID", "WATSONX_DEPLOYMENT_SPACE_ID"],
        example: "3fc54cf1-252f-424b-b52d-5cdd9814987f",
        required: false,
      },
      { name: "api_version", env: ["WATSONX_API_VERSION"], example: "2025-02-06", required: false },
    ],
    credentialEnv: ["WATSONX_API_KEY", "WATSONX_APIKEY", "WX_API_KEY"],
    credentialOptional: false,
    auth: { ibmIam: true },
    dialect: "watsonx",
    operations: ["chat", "embed", "rerank"],
    quirks: {
      maxTokensField: "max_completion_tokens",
      streamUsage: false,
      developerRole: false,
      reasoningField: "none",
      jsonSchema: false,
      seedField: "seed",
      parallelToolCalls: false,
      unsupported: [
        "top_k",
        "min_p",
        "modalities",
        "audio",
        "prediction",
        "verbosity",
        "web_search_options",
        "service_tier",
        "store",
        "user",
        "safety_identifier",
        "prompt_cache_key",
        "metadata",
      ],
    },
    unverified: [],
    docs: "https://cloud.ibm.com/apidocs/watsonx-ai",
  },
];
