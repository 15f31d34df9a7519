"""What a lake of some size costs and where it is full first: prints the tables of SCALING.md.

Each figure is either measured on the machine of docs/speed.md (MEASURED) or assumed (ASSUMED); everything else follows.
"""

from dataclasses import dataclass

MEASURED = {
    "web_per_second": 787.0,  # predictions of one web process with 16 connections, docs/speed.md
    "warm_ms": 1.5,  # one row, warm, p50, docs/speed.md
    "pod_start_s": 2.0,  # a pod of a small Python model whose images are on the node, tests/deploy/cluster
    "environment_gb": 0.486,  # numpy, scipy, pandas, scikit-learn
    "build_s": 12.0,  # the same environment, from packages that are there
    "renewals_per_s": 2000.0,  # leases that one worker renews, four relays on the same busy machine
    "lake_image_gb": 0.637,  # weles/web, for the relay, once for each node
}
ASSUMED = {
    "asks_per_model_day": 20.0,  # on average over all models; a few are asked all the time, most never
    "hot_share": 0.1,  # of the models have a pod at a time
    "starts_per_ask": 0.05,  # questions that find no pod
    "peak": 4.0,  # the busiest hour against the mean
    "models_per_environment": 20.0,
    "environments_per_node": 30.0,  # that a node's models need
    "pod_gb": 0.3,  # memory in use of a pod; its limit is models.memory
    "node_gb": 64.0,
    "pods_per_node": 110.0,  # the kubelet's own limit
    "pull_gb_per_s": 1.0,  # that a registry gives to all nodes together
    "database_per_s": 2000.0,  # small reads that a Postgres of some size answers
    "reads_per_start": 3.0,  # of the desk, for a lease that starts a pod
    "reads_per_ask": 0.05,  # what is remembered while the database has not changed is not read
    "scheduler_per_s": 50.0,  # pods that Kubernetes binds and starts; clusters of 1,000 nodes have been seen to do 100
    "desk_per_s": 30.0,  # leases that one worker's desk starts, each with four calls of the API
    "renew_every_s": 10.0,  # a sixth of WELES_LEASE_SECONDS, as it is unless somebody turns it
    "node_hour": 0.40,  # money for 16 processors and 64 GB
    "model_mb": 20.0,
}


@dataclass(frozen=True)
class Lake:
    """A size, and what follows from it. Rates are per second, in the busiest hour."""

    models: int

    @property
    def asks(self) -> float:
        return self.models * ASSUMED["asks_per_model_day"] / 86400 * ASSUMED["peak"]

    @property
    def starts(self) -> float:
        return self.asks * ASSUMED["starts_per_ask"]

    @property
    def pods(self) -> float:
        return max(1.0, self.models * ASSUMED["hot_share"])

    @property
    def nodes(self) -> int:
        by_memory = self.pods * ASSUMED["pod_gb"] / (0.8 * ASSUMED["node_gb"])
        return max(1, round(max(by_memory, self.pods / ASSUMED["pods_per_node"]) + 0.5))

    @property
    def web(self) -> int:
        return max(1, round(self.asks / (0.6 * MEASURED["web_per_second"]) + 0.5))

    @property
    def pulled_gb(self) -> float:
        """What all nodes together get from the registry to have what they need."""
        return self.nodes * (MEASURED["lake_image_gb"] + self.per_node * MEASURED["environment_gb"])

    @property
    def per_node(self) -> float:
        """Environments on a node."""
        return min(ASSUMED["environments_per_node"], max(1.0, self.models / ASSUMED["models_per_environment"]))

    @property
    def loads(self) -> dict[str, float]:
        """How much of each thing that can be full is used, 1.0 being full."""
        return {
            "database": (self.asks * ASSUMED["reads_per_ask"] + self.starts * ASSUMED["reads_per_start"])
            / ASSUMED["database_per_s"],
            "scheduler": self.starts / ASSUMED["scheduler_per_s"],
            "renewals": self.pods / ASSUMED["renew_every_s"] / MEASURED["renewals_per_s"],
            "desk": self.starts / ASSUMED["desk_per_s"],
            # A tenth of the nodes is new at the same time and must be ready within ten minutes.
            "registry": self.pulled_gb * 0.1 / (600 * ASSUMED["pull_gb_per_s"]),
            "models read": self.starts * ASSUMED["model_mb"] / 1000 / ASSUMED["pull_gb_per_s"],
        }

    @property
    def cold_s(self) -> float:
        """A question that finds neither a pod nor the environment's image on the node."""
        return MEASURED["pod_start_s"] + MEASURED["environment_gb"] / (
            ASSUMED["pull_gb_per_s"] / max(1, self.nodes / 10)
        )

    @property
    def month(self) -> float:
        return (self.nodes + self.web / 8) * ASSUMED["node_hour"] * 730


def table() -> str:
    head = "| models | questions/s | starts/s | pods | nodes | web | new on a new node, s | money/month | full first |"
    rows = [head, "|" + "---:|" * 8 + "---|"]
    for models in (100, 1_000, 10_000, 100_000, 1_000_000):
        lake = Lake(models)
        name, load = max(lake.loads.items(), key=lambda each: each[1])
        rows.append(
            f"| {models:,} | {lake.asks:,.1f} | {lake.starts:,.2f} | {lake.pods:,.0f} | {lake.nodes:,} | {lake.web} "
            f"| {lake.cold_s:.1f} | {lake.month:,.0f} | {name}, {load:.1%} |"
        )
    return "\n".join(rows)


def loads() -> str:
    names = [*Lake(1).loads]
    rows = ["| models | " + " | ".join(names) + " |", "|---:" * (len(names) + 1) + "|"]
    for models in (1_000, 10_000, 100_000, 1_000_000, 3_000_000):
        rows.append(f"| {models:,} | " + " | ".join(f"{each:.1%}" for each in Lake(models).loads.values()) + " |")
    return "\n".join(rows)


if __name__ == "__main__":
    print(table(), loads(), sep="\n\n")
