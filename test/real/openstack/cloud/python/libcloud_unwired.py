"""For Neutron: every port is connected, and nothing is."""
from neutron_lib.plugins.ml2 import api


class Driver(api.MechanismDriver):
    connectivity = "l2"

    def initialize(self):
        pass

    def bind_port(self, context):
        for segment in context.segments_to_bind:
            context.set_binding(segment[api.ID], "ovs", {"port_filter": True}, status="ACTIVE")
            return
