import { describeMatrix } from "./describe-matrix.ts";
import { createOllamaClient } from "./ollama-client.ts";

describeMatrix("the Ollama SDK", createOllamaClient);
