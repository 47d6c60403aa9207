import { ErrorReason } from "../../../gen/parlance/error/v1/error_reason_pb.js";
import { type EncodeReport, refuse } from "../../core/fidelity/encode-report.ts";
import { rawJson } from "../../json/write.ts";
import { type RerankDocument, type Reranker, type RerankerOptions, scoresAt } from "./reranker.ts";

/**
 * Amazon Bedrock's `Rerank`, which wants a model's whole name: the region comes from the provider,
 * or the caller writes an ARN. See
 * https://docs.aws.amazon.com/bedrock/latest/APIReference/API_agent-runtime_Rerank.html.
 */
export const bedrockReranker: Reranker = {
  name: "bedrock-rerank",
  topN: true,
  returnDocuments: false,
  objects: true,
  request: ({ query, documents, topN = documents.length }, options, report) => ({
    path: "/rerank",
    body: {
      queries: [{ type: "TEXT", textQuery: { text: query } }],
      sources: documents.map((document) => ({
        type: "INLINE",
        inlineDocumentSource: sourceOf(document),
      })),
      rerankingConfiguration: {
        type: "BEDROCK_RERANKING_MODEL",
        bedrockRerankingConfiguration: {
          numberOfResults: topN,
          modelConfiguration: { modelArn: modelArn(options, report) },
        },
      },
    },
  }),
  results: (reply) => scoresAt(reply, "results", "relevanceScore"),
  usage: () => undefined,
  known: new Set(["results"]),
};

function sourceOf({ kind, text }: RerankDocument) {
  return kind === "text"
    ? { type: "TEXT", textDocument: { text } }
    : { type: "JSON", jsonDocument: rawJson(text) };
}

/** `arn:aws:bedrock:REGION::foundation-model/MODEL`, in the partition of the region. */
function modelArn({ model, quirks }: RerankerOptions, report: EncodeReport): string {
  if (model.startsWith("arn:")) return model;
  const region = regionOf(quirks.variables);
  if (region === "") {
    refuse(
      report,
      ErrorReason.INVALID_REQUEST,
      "model",
      "write its ARN, or aws: { region: ... } at the provider",
    );
  }
  return `arn:${partitionOf(region)}:bedrock:${region}::foundation-model/${model}`;
}

function regionOf(variables: unknown): string {
  if (typeof variables !== "object" || variables === null || !("region" in variables)) return "";
  return typeof variables.region === "string" ? variables.region : "";
}

/** See https://docs.aws.amazon.com/IAM/latest/UserGuide/reference-arns.html. */
function partitionOf(region: string): string {
  if (region.startsWith("cn-")) return "aws-cn";
  return region.startsWith("us-gov-") ? "aws-us-gov" : "aws";
}
