"""Simulators: stand-ins for operators' systems that speak the real protocols, with an inventory and a fault plan."""
