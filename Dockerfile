# A server for one machine: docker build -t modularchat . && docker run -p 8080:8080 -v modularchat:/data modularchat
# tests/container-check runs the lines of the last stage without Docker.
ARG SDK=mcr.microsoft.com/dotnet/sdk:10.0-noble

FROM node:20-bookworm-slim AS node

# Compiles on the machine's own processor for the one asked for.
FROM --platform=$BUILDPLATFORM ${SDK} AS build
ARG TARGETARCH=amd64
COPY --from=node /usr/local/bin/node /usr/local/bin/node
COPY --from=node /usr/local/lib/node_modules /usr/local/lib/node_modules
RUN ln -s ../lib/node_modules/npm/bin/npm-cli.js /usr/local/bin/npm && ln -s ../lib/node_modules/npm/bin/npx-cli.js /usr/local/bin/npx
WORKDIR /source
COPY . .
RUN case "$TARGETARCH" in amd64) rid=linux-x64 ;; arm64) rid=linux-arm64 ;; *) echo "no build for $TARGETARCH" >&2; exit 1 ;; esac \
    && dotnet publish src/Host/ModularChat.Host.csproj -c Release -r "$rid" --self-contained true -p:PublishReadyToRun=true -o /publish

FROM debian:12-slim
RUN apt-get update \
    && apt-get install -y --no-install-recommends librocksdb7.8 libzookeeper-mt2 libicu72 ca-certificates \
    && rm -rf /var/lib/apt/lists/*
RUN groupadd --system --gid 10001 modularchat \
    && useradd --system --uid 10001 --gid 10001 --no-create-home --home-dir /data --shell /usr/sbin/nologin modularchat \
    && mkdir /data \
    && chown modularchat:modularchat /data
COPY --from=build /publish /app
ENV ModularChat__Host__Url=http://*:8080
ENV ModularChat__Storage__Directory=/data
ENV DOTNET_EnableDiagnostics=0
USER modularchat
WORKDIR /data
VOLUME /data
EXPOSE 8080
HEALTHCHECK --interval=10s --timeout=5s --start-period=30s CMD ["/app/ModularChat.Host", "--health"]
ENTRYPOINT ["/app/ModularChat.Host"]
