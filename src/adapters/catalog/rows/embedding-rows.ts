import type { DeclaredRow } from "../catalog-row.ts";
import { openaiChatRow } from "./openai-chat-row.ts";

/** Vendors and servers that embed and do not chat. */
export const embeddingRows: readonly DeclaredRow[] = [
  // `http://HOST:7997`, with the path that `--url-prefix` says.
  openaiChatRow({
    id: "infinity",
    name: "Infinity",
    baseUrl: null,
    credentialEnv: ["INFINITY_API_KEY"],
    credentialOptional: true,
    operations: ["embed", "rerank", "models"],
    docs: "https://michaelfeil.eu/infinity/latest/",
  }),
  openaiChatRow({
    id: "jina_ai",
    name: "Jina AI",
    baseUrl: "https://api.jina.ai/v1",
    credentialEnv: ["JINA_AI_API_KEY", "JINA_API_KEY", "JINA_AI_TOKEN"],
    operations: ["embed", "rerank"],
    quirks: { embedShape: "jina" },
    docs: "https://api.jina.ai/scalar",
  }),
  openaiChatRow({
    id: "voyage",
    name: "Voyage AI",
    baseUrl: "https://api.voyageai.com/v1",
    credentialEnv: ["VOYAGE_API_KEY", "VOYAGE_AI_API_KEY", "VOYAGE_AI_TOKEN"],
    operations: ["embed", "rerank"],
    quirks: { rerankShape: "voyage", embedShape: "voyage", embedInputs: 128 },
    docs: "https://docs.voyageai.com/reference/embeddings-api",
  }),
];
