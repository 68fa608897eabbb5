using System.Net;
using System.Net.Sockets;

namespace Sensorium.Inference;

/// <summary>Tells addresses that only this machine or its network can reach (IANA special-purpose registries).</summary>
static class PrivateNetworks
{
    static readonly IPNetwork[] Networks =
    [
        .. new[]
        {
            "0.0.0.0/8", "10.0.0.0/8", "100.64.0.0/10", "127.0.0.0/8", "169.254.0.0/16", "172.16.0.0/12", "192.0.0.0/24",
            "192.0.2.0/24", "192.88.99.0/24", "192.168.0.0/16", "198.18.0.0/15", "198.51.100.0/24", "203.0.113.0/24",
            "224.0.0.0/4", "240.0.0.0/4",
            "::/128", "::1/128", "64:ff9b:1::/48", "100::/64", "2001::/23", "2001:db8::/32", "fc00::/7", "fe80::/10", "fec0::/10", "ff00::/8",
        }.Select(text => IPNetwork.Parse(text)),
    ];

    /// <summary>Whether an address is not on the public internet; IPv4 addresses in IPv6 clothes (mapped, compatible, NAT64, 6to4) are unwrapped.</summary>
    public static bool Contains(IPAddress address)
    {
        if (address.AddressFamily == AddressFamily.InterNetworkV6 && Inner(address) is { } inner)
        {
            address = inner;
        }

        return Networks.Any(n => n.BaseAddress.AddressFamily == address.AddressFamily && n.Contains(address));
    }

    static IPAddress? Inner(IPAddress address)
    {
        if (address.IsIPv4MappedToIPv6)
        {
            return address.MapToIPv4();
        }

        ReadOnlySpan<byte> bytes = address.GetAddressBytes();
        if (bytes[..12].IndexOfAnyExcept((byte)0) < 0 && bytes[12] != 0)
        {
            return new IPAddress(bytes[12..]);
        }

        if (bytes.StartsWith((ReadOnlySpan<byte>)[0x00, 0x64, 0xFF, 0x9B, 0, 0, 0, 0, 0, 0, 0, 0]))
        {
            return new IPAddress(bytes[12..]);
        }

        return bytes.StartsWith((ReadOnlySpan<byte>)[0x20, 0x02]) ? new IPAddress(bytes[2..6]) : null;
    }
}
