/** The name and the version of the gateway. The version is that of package.json. */
export const product = {
  name: "parlance",
  version: "0.1.0",
  description: "LLM gateway",
} as const;
