# The stages that build run on the machine that builds, whatever the image is for: nothing in them is native, so an
# image for ARM64 needs no emulation on x86. How to renew the version: copilot/IMAGE.md.
FROM --platform=$BUILDPLATFORM node:24.22.3-slim AS base
WORKDIR /app

FROM base AS build
COPY package.json package-lock.json ./
RUN --mount=type=cache,target=/root/.npm npm ci --no-audit --no-fund
COPY . .
RUN npm run build

# What the server loads when it runs. Gone are: peers that are only types (typescript), polyfills of what Node
# has, and files that Node never reads: it refuses TypeScript in node_modules, and maps and manuals are for
# people. Licences stay. The list of packages (CycloneDX) is for scanners: all that is installed, since `npm sbom`
# leaves out too much where it is to leave out devDependencies.
FROM base AS dependencies
COPY package.json package-lock.json ./
RUN --mount=type=cache,target=/root/.npm npm ci --omit=dev --omit=optional --omit=peer --no-audit --no-fund \
  && npm pkg delete devDependencies && npm sbom --sbom-format=cyclonedx > sbom.cdx.json \
  && find node_modules -type f \( -name '*.ts' -o -name '*.mts' -o -name '*.cts' -o -name '*.map' \
    -o -name '*.md' -o -name '*.mdx' \) ! -iname 'licen[cs]e*' ! -iname 'notice*' ! -iname 'copying*' -delete \
  && install --directory --mode=0700 /volume/data

# For the platform of the image. It only copies.
FROM node:24.22.3-slim
WORKDIR /app
# No HOST: it listens on all interfaces. Settings of Node and glibc are in app/start.sh.
ENV NODE_ENV=production PORT=3000 DATA_DIR=/data
COPY --from=dependencies /app/node_modules ./node_modules
COPY --from=dependencies /app/sbom.cdx.json ./
COPY package.json ./
COPY app/start.sh ./app/
COPY --from=build /app/public ./public
COPY --from=build /app/build/index.js /app/build/check-volume.js ./build/
COPY --from=build /app/build/verify-restore.js /app/build/print-usage.js ./build/
COPY --from=build /app/build/mermaid ./build/mermaid
# The folder /data, with its owner.
COPY --from=dependencies --chown=1000:1000 /volume/ /
# By number, so that an orchestrator sees that it is not root, and a mounted folder can be given to it.
USER 1000:1000
EXPOSE 3000
# Without -v the conversations are in an unnamed volume then: it outlives the container.
VOLUME /data
HEALTHCHECK --interval=5s --timeout=3s --start-period=60s --retries=3 \
  CMD ["node", "-e", "fetch(`http://127.0.0.1:${Number(process.env.PORT) || 3000}/healthz`).then((r) => process.exit(r.ok ? 0 : 1), () => process.exit(1))"]
# The shell gives its place to Node: process 1 is the server, and SIGTERM reaches it. Not npm, which would stay.
CMD ["/bin/sh", "app/start.sh", "node", "node_modules/@remix-run/serve/dist/cli.js", "build/index.js"]
