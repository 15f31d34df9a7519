"""`python -m registry.runners.sweep DOCKER_HOST LAKE`: removes a lake's containers. A worker ends as this."""

import sys

import docker

from registry.runners.docker import sweep

if __name__ == "__main__":
    host, lake = sys.argv[1:]
    sweep(docker.DockerClient(base_url=host) if host else docker.from_env(), lake)
