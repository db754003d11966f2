"""For Octavia: load balancers without machines, whose ports are real ones of Neutron."""
import types

from octavia.common import clients
from octavia.compute.drivers.noop_driver import driver
from oslo_config import cfg


def neutron():
    known = cfg.CONF.neutron
    return clients.NeutronAuth.get_neutron_client(
        endpoint=known.endpoint,
        region=known.region_name,
        endpoint_type=known.endpoint_type,
        service_name=known.service_name,
        insecure=known.insecure,
        ca_cert=known.ca_certificates_file,
    )


class Compute(driver.NoopComputeDriver):
    def attach_network_or_port(self, compute_id, network_id=None, ip_address=None, port_id=None):
        if port_id:
            port = neutron().update_port(port_id, {"port": {"device_id": compute_id}})["port"]
        else:
            what = {"network_id": network_id, "device_id": compute_id, "device_owner": "compute:nova"}
            port = neutron().create_port({"port": what})["port"]
        return types.SimpleNamespace(port_id=port["id"], net_id=port["network_id"], fixed_ips=port["fixed_ips"])

    def detach_port(self, compute_id, port_id):
        neutron().update_port(port_id, {"port": {"device_id": ""}})

    def delete(self, compute_id):
        client = neutron()
        for port in client.list_ports(device_id=compute_id)["ports"]:
            client.delete_port(port["id"])
        super().delete(compute_id)
