# One image for web, worker and timetable. What differs comes from the environment.
FROM debian:12-slim

RUN apt-get update \
    && apt-get install -y --no-install-recommends \
        python3 python3-venv \
        libpango-1.0-0 libpangoft2-1.0-0 libharfbuzz-subset0 fonts-liberation \
    && rm -rf /var/lib/apt/lists/* \
    && useradd --system --create-home --home-dir /srv/onroll onroll

WORKDIR /srv/onroll
COPY requirements.txt .
RUN python3 -m venv .venv \
    && .venv/bin/pip install --no-cache-dir --require-hashes -r requirements.txt
COPY . .
ENV PATH=/srv/onroll/.venv/bin:$PATH PYTHONUNBUFFERED=1
RUN mkdir var && chown onroll var

USER onroll
EXPOSE 8000
CMD ["gunicorn", "config.wsgi:application", "--bind", "0.0.0.0:8000", "--workers", "2", \
     "--worker-class", "gthread", "--threads", "4", "--timeout", "120", "--graceful-timeout", "10", \
     "--no-control-socket"]
