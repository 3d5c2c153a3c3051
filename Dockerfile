# The daemon, PostgreSQL driver and OCR included. Runs as an ordinary user on a read-only root.
FROM python:3.11-slim-bookworm AS build
WORKDIR /src
COPY requirements.lock pyproject.toml README.md LICENSE config.example.toml ./
COPY ingest ingest
COPY models models
COPY templates templates
RUN python -m venv /opt/pec-ingest \
    && /opt/pec-ingest/bin/pip install --no-cache-dir --require-hashes -r requirements.lock \
    && /opt/pec-ingest/bin/pip install --no-cache-dir --no-deps .

FROM python:3.11-slim-bookworm
RUN apt-get update \
    && apt-get install -y --no-install-recommends openssl postgresql-client tesseract-ocr tesseract-ocr-ita libgl1 libglib2.0-0 \
    && rm -rf /var/lib/apt/lists/* \
    && useradd --system --uid 10001 --home-dir /var/lib/pec-ingest --create-home pec-ingest
COPY --from=build /opt/pec-ingest /opt/pec-ingest
USER pec-ingest
WORKDIR /var/lib/pec-ingest
ENV PATH=/opt/pec-ingest/bin:$PATH PYTHONUNBUFFERED=1 PEC_INGEST_CONFIG=/etc/pec-ingest/config.toml
STOPSIGNAL SIGTERM
ENTRYPOINT ["pec-ingest"]
CMD ["run"]
