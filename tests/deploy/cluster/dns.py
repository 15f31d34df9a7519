"""dns.py KUBECONFIG ADDRESS: names of services, as a cluster's DNS gives them, and nothing else."""

import sys
import threading
import time

from dnslib import QTYPE, RCODE, RR, A, DNSRecord
from dnslib.server import BaseResolver, DNSServer
from kubernetes import client, config


class Services(BaseResolver):
    def __init__(self) -> None:
        self.addresses: dict[str, str] = {}

    def watch(self) -> None:
        api = client.CoreV1Api()
        while True:
            try:
                self.addresses = {
                    f"{each.metadata.name}.{each.metadata.namespace}.svc.cluster.local.": each.spec.cluster_ip
                    for each in api.list_service_for_all_namespaces(_request_timeout=5).items
                }
            except Exception as error:
                print(error, file=sys.stderr)
            time.sleep(0.5)

    def resolve(self, request: DNSRecord, handler: object) -> DNSRecord:
        reply = request.reply()
        address = self.addresses.get(str(request.q.qname).lower())
        if address is None:
            reply.header.rcode = RCODE.NXDOMAIN
        elif request.q.qtype in (QTYPE.A, QTYPE.ANY):
            reply.add_answer(RR(request.q.qname, QTYPE.A, rdata=A(address), ttl=2))
        return reply


if __name__ == "__main__":
    config.load_kube_config(sys.argv[1])
    services = Services()
    for tcp in (False, True):
        DNSServer(services, port=53, address=sys.argv[2], tcp=tcp).start_thread()
    threading.Thread(target=services.watch).start()
