# The image of a run on Kubernetes, of a Dask or Ray worker, and of anything else that has no checkout. See docs/runners.md.
FROM python:3.11-slim-bookworm

# Which packages: pinned with hashes. A lock with the extras dask, ray or s3 is made by one command in docs/runners.md.
ARG LOCK=requirements.lock

# OpenMP's runtime, which XGBoost, LightGBM and scikit-learn load.
# hadolint ignore=DL3008
RUN apt-get update \
    && apt-get install --yes --no-install-recommends libgomp1 \
    && rm -rf /var/lib/apt/lists/*

RUN useradd --create-home --uid 10001 farm
WORKDIR /app
ENV PATH=/venv/bin:$PATH \
    PYTHONPATH=/app \
    PYTHONDONTWRITEBYTECODE=1 \
    OMP_NUM_THREADS=1 \
    OPENBLAS_NUM_THREADS=1 \
    OMP_WAIT_POLICY=PASSIVE \
    DO_NOT_TRACK=1 \
    RESOURCE_PREDICTION_STORE=/store \
    RESOURCE_PREDICTION_CACHE=/tmp/resource-prediction

# Before the code, so that a change of the code does not install them again.
COPY ${LOCK} /requirements.lock
RUN python -m venv /venv \
    && /venv/bin/python -m pip install --no-cache-dir --no-deps --require-hashes --requirement /requirements.lock

COPY pyproject.toml prefect.yaml ./
COPY resource_prediction resource_prediction
COPY warehouse warehouse
COPY tasks tasks
COPY flows flows
COPY deployments deployments

RUN mkdir /store && chown 10001 /store
VOLUME /store
# By number, so that Kubernetes can see that it is not root.
USER 10001

CMD ["python", "flows/train.py", "--help"]
