# Hilo as one image: web, workers and beat are the same programs with other commands (see docker-compose.prod.yml).
# Alone it runs all of them, on the servers of DATABASE_URL and BROKER_URL.

FROM node:24-slim AS pages
WORKDIR /build
COPY frontend/package.json frontend/package-lock.json frontend/.npmrc ./
RUN npm ci
COPY frontend ./
# The stamp tells a browser that is open that there are other pages now; the page names each file by its content.
RUN npm run build && sha256sum dist/index.html > dist/.stamp

FROM python:3.13-slim-trixie AS packages
WORKDIR /build
RUN python -m venv /opt/hilo
COPY requirements-prod.txt ./
# Hashes: what was tested, or nothing.
RUN /opt/hilo/bin/pip install --no-cache-dir --require-hashes --requirement requirements-prod.txt

FROM python:3.13-slim-trixie
# Debian's client is as new as the server of the compose files: it saves the database before an update changes it.
RUN apt-get update \
    && apt-get install --yes --no-install-recommends postgresql-client \
    && rm -rf /var/lib/apt/lists/* \
    && useradd --system --uid 10001 --no-create-home --shell /usr/sbin/nologin hilo \
    && install --directory --owner hilo --group hilo --mode 700 /data /data/backups
COPY --from=packages /opt/hilo /opt/hilo
WORKDIR /srv/hilo
COPY database_schema.sql alembic.ini ./
COPY migrations migrations
COPY simulator simulator
COPY --from=pages /build/dist frontend/dist
COPY app app
# Modules are compiled once, here: the user that runs them may not write beside them.
RUN /opt/hilo/bin/python -m compileall -q app simulator migrations
ENV PATH=/opt/hilo/bin:$PATH \
    PYTHONUNBUFFERED=1 \
    PYTHONDONTWRITEBYTECODE=1 \
    MALLOC_ARENA_MAX=2 \
    HOST=0.0.0.0 \
    PORT=8000 \
    DATA_DIR=/data
USER 10001
VOLUME /data
EXPOSE 8000
STOPSIGNAL SIGTERM
HEALTHCHECK --interval=15s --timeout=10s --start-period=60s --retries=3 CMD ["python", "-m", "app", "alive", "web"]
CMD ["python", "-m", "app.main"]
