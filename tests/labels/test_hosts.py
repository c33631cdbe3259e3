"""Which hosts a phone somewhere else can reach: those of the world, and no other."""

from __future__ import annotations

import pytest

from labels import is_public

FAR = """
kit.example.org kit.example.org:8443 KIT.Example.ORG. kits.example xn--80aaxcbsjd.xn--j1amh тест.укр
local.example.org localhost.example.org 10.example.org home.kit.org
8.8.8.8 8.8.8.8:80 172.15.0.1 172.32.0.1 192.167.1.1 11.0.0.1 2606:4700:4700::1111
[2606:4700:4700::1111]:8000 [::ffff:8.8.8.8]
"""
NEAR = """
localhost localhost:8000 LOCALHOST LocalHost.:8000 kit.localhost localhost.localdomain
127.0.0.1 127.0.0.1:8000 127.1 127.8.9.10 0.0.0.0 0.0.0.0:80 0 2130706433 0x7f000001 0x7f.1
::1 [::1] [::1]:8000 :: [::] ::ffff:127.0.0.1 [::ffff:10.0.0.1]:80 [::ffff:a00:1]
kit.local kit.local:8000 KIT.LOCAL. printer.lan kit.home.arpa kit.internal kit.test kit.invalid
kit kit:8000 warehouse-pc kit. 8000
10.0.0.1 10.255.255.255:8000 172.16.0.1 172.31.255.254 192.168.1.20 192.168.1.20:8000 169.254.9.9
100.64.0.1 224.0.0.1 255.255.255.255 192.0.2.1
fc00::1 fd12:3456::1 [fd12:3456::1]:8000 fe80::1 fe80::1%eth0 [fe80::1%eth0]:8000 ff02::1
2001:db8::1 [::1 ::1] 1.2.3.4.5 999.1.1.1
.org kit..org http://kit.example.org https://localhost/ kit.example.org/s user@kit.example.org
"""


@pytest.mark.parametrize("host", FAR.split())
def test_a_host_of_the_world_is_reached_from_anywhere(host: str) -> None:
    assert is_public(host)


@pytest.mark.parametrize("host", [*NEAR.split(), "", " ", ":8000", "kit example.org"])
def test_a_host_of_this_machine_or_building_is_not(host: str) -> None:
    assert not is_public(host)
