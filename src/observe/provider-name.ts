/** The name of a provider of the config in the conventions of OpenTelemetry, such as `openai`. */
export type NameProvider = (provider: string) => string;
