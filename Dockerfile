# Two stages from one base: the first makes a virtual environment, the second takes it over and nothing else.
# Another base (any image with Python 3.11 or newer as `python`): --build-arg PYTHON_IMAGE=…
ARG PYTHON_IMAGE=python:3.12-slim

FROM ${PYTHON_IMAGE} AS build
ENV PIP_DISABLE_PIP_VERSION_CHECK=1 PIP_NO_CACHE_DIR=1 PIP_ROOT_USER_ACTION=ignore
WORKDIR /src

# What watcher needs: exact versions, checked against their hashes. This layer changes only with the lock.
COPY requirements.lock ./
RUN python -m venv /tmp/build \
 && python -m venv --without-pip /opt/watcher \
 && /tmp/build/bin/pip --python /opt/watcher/bin/python install --require-hashes --only-binary :all: -r requirements.lock

# The build backend and all that it needs come from the lock too; pip refuses what has no hash there.
COPY requirements-dev.lock ./
RUN awk '/^(hatchling|packaging|pathspec|pluggy|tomlkit|trove-classifiers)==/, !/\\$/' requirements-dev.lock > /tmp/build.lock \
 && /tmp/build/bin/pip install --require-hashes --only-binary :all: -r /tmp/build.lock

COPY pyproject.toml README.md LICENSE ./
COPY watcher ./watcher
RUN /tmp/build/bin/python -m hatchling build -t wheel -d /tmp/dist \
 && /tmp/build/bin/pip --python /opt/watcher/bin/python install --no-index --no-deps /tmp/dist/*.whl


FROM ${PYTHON_IMAGE}
LABEL org.opencontainers.image.title="watcher" \
      org.opencontainers.image.description="Tells a team in Slack about new coverage related to a few articles it cares about." \
      org.opencontainers.image.licenses="MIT"

COPY --from=build /opt/watcher /opt/watcher

# The user owns /data and nothing else; a new named volume takes over owner and folders.
RUN mkdir -p /data/config /data/seeds && chown -R 10001:10001 /data

# The root file system may be read-only: what is temporary goes to /tmp (a small tmpfs), what is kept to /data.
ENV PATH=/opt/watcher/bin:$PATH \
    PYTHONUNBUFFERED=1 \
    PYTHONDONTWRITEBYTECODE=1 \
    HOME=/tmp \
    WATCHER_CONFIG=/data/config/watcher.yaml \
    WATCHER_DATABASE_URL=sqlite:////data/watcher.db \
    WATCHER_LISTEN=0.0.0.0:8080
USER 10001:10001
WORKDIR /data
VOLUME /data
EXPOSE 8080
STOPSIGNAL SIGTERM
HEALTHCHECK --interval=30s --timeout=5s --start-period=60s --retries=3 CMD ["watcher", "health"]
ENTRYPOINT ["watcher"]
CMD ["run"]
