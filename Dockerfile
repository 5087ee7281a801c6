FROM node:24-slim AS base
WORKDIR /app

FROM base AS build
COPY package.json package-lock.json ./
RUN --mount=type=cache,target=/root/.npm npm ci --no-audit --no-fund
COPY . .
RUN npm run build

# What the server loads when it runs. Gone are: peers that are only types (typescript), polyfills of what Node
# has, and files that Node never reads: it refuses TypeScript in node_modules, and maps and manuals are for
# people. Licences stay.
FROM base AS dependencies
COPY package.json package-lock.json ./
RUN --mount=type=cache,target=/root/.npm npm ci --omit=dev --omit=optional --omit=peer --no-audit --no-fund \
  && find node_modules -type f \( -name '*.ts' -o -name '*.mts' -o -name '*.cts' -o -name '*.map' \
    -o -name '*.md' -o -name '*.mdx' \) ! -iname 'licen[cs]e*' ! -iname 'notice*' ! -iname 'copying*' -delete

FROM base
# No HOST: it listens on all interfaces. A hanging volume holds threads, and 4 are too few (the default).
ENV NODE_ENV=production PORT=3000 DATA_DIR=/data UV_THREADPOOL_SIZE=16
# A node that streams makes much that is soon forgotten: without this a quarter of its time is collecting garbage.
ENV NODE_OPTIONS=--max-semi-space-size=16
# Large bodies and files go back to the system once they are done with, instead of leaving holes between smaller ones:
# up to 100 MB of the smallest task's 512.
ENV MALLOC_ARENA_MAX=2 MALLOC_MMAP_THRESHOLD_=131072
COPY --from=dependencies /app/node_modules ./node_modules
COPY package.json ./
COPY --from=build /app/public ./public
COPY --from=build /app/build/index.js ./build/
COPY --from=build /app/build/mermaid ./build/mermaid
RUN install --directory --owner=1000 --group=1000 --mode=0700 /data
# By number, so that an orchestrator sees that it is not root, and a mounted folder can be given to it.
USER 1000:1000
EXPOSE 3000
# Without -v the conversations are in an unnamed volume then: it outlives the container.
VOLUME /data
HEALTHCHECK --interval=5s --timeout=3s --start-period=5s --retries=3 \
  CMD ["node", "-e", "fetch(`http://127.0.0.1:${process.env.PORT}/healthz`).then((r) => process.exit(r.ok ? 0 : 1), () => process.exit(1))"]
# Node itself, not npm, is process 1: SIGTERM reaches the server.
CMD ["node", "node_modules/@remix-run/serve/dist/cli.js", "build/index.js"]
