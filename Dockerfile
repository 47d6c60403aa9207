# syntax=docker/dockerfile:1
# The version of Node that the tests run on.
ARG NODE_VERSION=24.21.0

FROM node:$NODE_VERSION-slim AS build
WORKDIR /build
COPY package.json package-lock.json .npmrc ./
RUN npm ci
COPY tsconfig.json tsconfig.build.json ./
COPY gen ./gen
COPY scripts/bundle-server.ts scripts/write-sbom.ts ./scripts/
COPY src ./src
RUN npm run build
RUN npm prune --omit=dev

FROM node:$NODE_VERSION-slim
ENV NODE_ENV=production PARLANCE_HOST=0.0.0.0
WORKDIR /app
COPY --from=build /build/package.json ./
COPY --from=build /build/node_modules ./node_modules
COPY --from=build /build/gen ./gen
COPY --from=build /build/dist ./dist
RUN mkdir data && chown 1000:1000 data
# By number, so that Kubernetes can tell that it is not root.
USER 1000:1000
# The only folder that is written to: SQLite, the journal of records, spools of sinks.
VOLUME /app/data
EXPOSE 4000
HEALTHCHECK --interval=10s --timeout=3s --start-period=10s \
  CMD ["node", "/app/dist/server/main.js", "health"]
ENTRYPOINT ["node", "/app/dist/server/main.js"]
CMD ["serve"]
