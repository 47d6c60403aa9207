import { describeMatrix } from "./describe-matrix.ts";
import { createGeminiClient } from "./gemini-client.ts";

describeMatrix("the Google SDK", createGeminiClient);
