# syntax=docker/dockerfile:1
# The first stage builds the wheel; the second installs it with locked dependencies and runs it without root rights.
FROM python:3.13-slim AS build
WORKDIR /src
RUN pip install --no-cache-dir build==1.3.0
COPY pyproject.toml README.md LICENSE ./
COPY api api
COPY migrations migrations
RUN python -m build --wheel --outdir /dist

FROM python:3.13-slim
ENV PYTHONUNBUFFERED=1 \
    PYTHONDONTWRITEBYTECODE=1 \
    AFTERWORD_DATABASE_URL=sqlite:////data/afterword.db
COPY requirements.lock /tmp/requirements.lock
RUN pip install --no-cache-dir --require-hashes -r /tmp/requirements.lock && rm /tmp/requirements.lock
COPY --from=build /dist/*.whl /tmp/
RUN pip install --no-cache-dir --no-deps /tmp/*.whl && rm /tmp/*.whl \
    && useradd --system --uid 10001 --no-create-home --shell /usr/sbin/nologin afterword \
    && install -d -o afterword -g afterword -m 0700 /data
USER afterword
# The volume has the SQLite file. For PostgreSQL set AFTERWORD_DATABASE_URL=postgresql://…; then no volume is needed.
VOLUME /data
# Plain HTTP on all addresses of the container: run it behind a TLS proxy, and name that in AFTERWORD_TRUSTED_PROXIES.
# Whoever reaches the port may open an account unless AFTERWORD_SIGN_UP=closed (docs/running.md, "Docker").
EXPOSE 8000
HEALTHCHECK --interval=30s --timeout=5s --start-period=20s --retries=3 \
    CMD ["python", "-c", "import urllib.request as r; r.urlopen('http://127.0.0.1:8000/readyz', timeout=4)"]
ENTRYPOINT ["afterword"]
CMD ["serve", "--host", "0.0.0.0", "--port", "8000"]
