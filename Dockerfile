# syntax=docker/dockerfile:1
# Builds the service and leaves nothing in the final image but the binary and the certificate store.
# The image carries no PostgreSQL, so a container needs SUPPORT__DATABASE__URL:
#   docker build --tag support-engineer .
#   docker run --read-only --publish 8080:8080 --env SUPPORT__DATABASE__URL=postgres://… support-engineer

FROM rust:1.95-bookworm AS build
WORKDIR /build

# The dependencies come first, against an empty crate: this layer is used again until Cargo.lock changes.
# Cleaning the empty crate away makes the second build compile the real one whatever the files' dates say.
COPY Cargo.toml Cargo.lock ./
RUN mkdir --parents src \
    && echo '//! Empty.' > src/lib.rs \
    && printf '//! Empty.\nfn main() {}\n' > src/main.rs \
    && cargo build --locked --release --bin support-engineer \
    && cargo clean --release --package support-engineer \
    && rm -r src

COPY config config
COPY migrations migrations
COPY src src
RUN cargo build --locked --release --bin support-engineer

FROM debian:bookworm-slim
COPY --from=build /etc/ssl/certs/ca-certificates.crt /etc/ssl/certs/ca-certificates.crt
COPY --from=build /build/target/release/support-engineer /usr/local/bin/support-engineer

# Only loopback is listened to by default, which nobody outside a container reaches.
ENV SUPPORT__HTTP__LISTEN=0.0.0.0:8080 \
    SUPPORT__METRICS__LISTEN=0.0.0.0:9464
EXPOSE 8080 9464
USER 65532:65532
WORKDIR /tmp
STOPSIGNAL SIGTERM
HEALTHCHECK --interval=10s --timeout=3s --start-period=30s --retries=3 \
    CMD ["/usr/local/bin/support-engineer", "healthcheck"]
ENTRYPOINT ["/usr/local/bin/support-engineer"]
CMD ["serve"]
