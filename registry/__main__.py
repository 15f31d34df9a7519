"""`python -m registry` is `weles-registry`."""

from registry.cli import registry_main

if __name__ == "__main__":
    registry_main()
