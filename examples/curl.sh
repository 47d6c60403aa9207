#!/bin/sh
# Start the gateway in another terminal: npm start
set -eu
url=${PARLANCE_URL:-http://127.0.0.1:4000}
json="content-type: application/json"

echo "# OpenAI's dialect"
curl -sS --fail-with-body "$url/v1/chat/completions" -H "$json" \
  -d '{"model":"sim/echo","messages":[{"role":"user","content":"Hello from curl"}]}'

echo; echo "# the same, streamed"
curl -sSN --fail-with-body "$url/v1/chat/completions" -H "$json" \
  -d '{"model":"sim/echo","stream":true,"messages":[{"role":"user","content":"Hello from curl"}]}'

echo "# Anthropic's dialect"
curl -sS --fail-with-body "$url/v1/messages" -H "$json" -H "anthropic-version: 2023-06-01" \
  -d '{"model":"sim/echo","max_tokens":100,"messages":[{"role":"user","content":"Hello from curl"}]}'

echo; echo "# embeddings"
curl -sS --fail-with-body "$url/v1/embeddings" -H "$json" \
  -d '{"model":"sim/embed","dimensions":3,"input":"Hello from curl"}'

echo; echo "# the typed contract, as Connect with JSON"
curl -sS --fail-with-body "$url/parlance.chat.v1.ChatService/Complete" -H "$json" \
  -d '{"chat":{"model":"sim/echo","messages":[{"role":"ROLE_USER","parts":[{"text":{"text":"Hello from curl"}}]}]}}'

echo; echo "# the models"
curl -sS --fail-with-body "$url/v1/models"
echo
