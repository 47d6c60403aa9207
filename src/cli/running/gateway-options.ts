/** How a command finds a running gateway, as its operator. */
export const gatewayOptions = {
  url: {
    type: "string",
    value: "URL",
    description: "where the gateway listens; default: $PARLANCE_URL, else http://127.0.0.1:4000",
  },
  key: {
    type: "string",
    value: "KEY",
    description: "the admin key; default: $PARLANCE_KEY",
  },
} as const;
