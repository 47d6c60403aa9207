/** The defaults of guards that ask services, as the contract has them. */
export const guardServiceDefaults = {
  moderation: { url: "https://api.openai.com/v1", model: "omni-moderation-latest" },
  contentSafety: { severity: 2 },
  presidio: { language: "en" },
  lakera: { url: "https://api.lakera.ai" },
} as const;
