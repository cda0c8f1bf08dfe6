# One image for every process of Farside; the command says which: web, worker, beat, prepare, probe, agent.
FROM python:3.11-slim

WORKDIR /srv/farside
COPY requirements.lock ./
RUN python -m pip install --no-cache-dir --require-hashes -r requirements.lock

COPY pyproject.toml README.md ./
COPY edge edge
COPY ingest ingest
COPY monitor monitor
COPY templates templates
RUN python -m pip install --no-cache-dir --no-deps --no-build-isolation -e . -e ./edge \
    && useradd --system --uid 10001 --no-create-home farside \
    && install --directory --owner farside --mode 0711 /data /spool

ENV FARSIDE_DATA=/data FARSIDE_SPOOL=/spool PYTHONUNBUFFERED=1
USER farside
VOLUME ["/data", "/spool"]
EXPOSE 8000
ENTRYPOINT ["farside"]
CMD ["--help"]
