#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# firewalld beside `tidegate … --mark 0x40/0xf0`, once for the default zone, or for the one that is named:
# firewalld.sh [ZONE]. Its zones know no marks. So the zone opens the high UDP ports, and direct rules, which stand before
# it with either backend, drop what comes in there as something new and was not admitted by tidegate as TFTP.
# A TFTP server also takes `firewall-cmd --permanent --add-port=69/udp`: not --add-service=tftp, whose helper is not needed.
set -eu

firewall-cmd --permanent ${1:+"--zone=$1"} --add-port=1024-65535/udp
for family in ipv4 ipv6; do
	firewall-cmd --permanent --direct --add-rule "$family" filter INPUT 0 \
		-p udp --dport 1024:65535 -m conntrack --ctstate NEW -m mark ! --mark 0x40/0xf0 -j DROP
done
firewall-cmd --reload
