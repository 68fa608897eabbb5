using System.Runtime.Intrinsics.X86;

namespace Sensorium.Tensors.Cpu;

/// <summary>Which instructions the kernels are written in. A value: contexts of several tiers can live in one process.</summary>
public enum KernelTier
{
    /// <summary>The runtime's portable vectors: every processor.</summary>
    Portable,

    /// <summary>AVX2 and FMA, 256 bits; AVX-VNNI where there is.</summary>
    Avx2,

    /// <summary>AVX-512 F, BW, DQ and VL, 512 bits; AVX-VNNI where there is.</summary>
    Avx512,
}

/// <summary>What this processor has of the tiers.</summary>
public static class KernelTiers
{
    /// <summary>Whether this processor runs a tier.</summary>
    public static bool IsSupported(this KernelTier tier) => tier switch
    {
        KernelTier.Portable => true,
        KernelTier.Avx2 => Avx2.IsSupported && Fma.IsSupported,
        KernelTier.Avx512 => Avx2.IsSupported && Fma.IsSupported && Avx512F.IsSupported && Avx512BW.IsSupported && Avx512DQ.IsSupported && Avx512F.VL.IsSupported && Avx512BW.VL.IsSupported,
        _ => false,
    };

    /// <summary>The tiers that this processor runs, slowest first.</summary>
    public static IReadOnlyList<KernelTier> Available { get; } = [.. Enum.GetValues<KernelTier>().Where(IsSupported)];

    /// <summary>The fastest of them.</summary>
    public static KernelTier Best => Available[^1];

    /// <summary>The name that SENSORIUM_TIER takes: portable, avx2, avx512.</summary>
    public static string Name(this KernelTier tier) => tier switch
    {
        KernelTier.Portable => "portable",
        KernelTier.Avx2 => "avx2",
        KernelTier.Avx512 => "avx512",
        _ => throw new ArgumentOutOfRangeException(nameof(tier), tier, "not a kernel tier"),
    };

    /// <summary>The tier of a name.</summary>
    /// <param name="name">portable, avx2 or avx512.</param>
    /// <param name="source">Who asks for it, for the message: <c>SENSORIUM_TIER</c>.</param>
    /// <exception cref="ArgumentException">There is no such tier, or this processor lacks it.</exception>
    public static KernelTier Parse(string name, string source = "SENSORIUM_TIER")
    {
        foreach (KernelTier tier in Enum.GetValues<KernelTier>())
        {
            if (string.Equals(tier.Name(), name.Trim(), StringComparison.OrdinalIgnoreCase))
            {
                Demand(tier, source);
                return tier;
            }
        }

        throw new ArgumentException($"{source}={name}: there is no such kernel tier; this processor has {Choices}");
    }

    /// <summary>Refuses a tier that this processor lacks.</summary>
    /// <exception cref="ArgumentException">This processor lacks it.</exception>
    internal static void Demand(KernelTier tier, string source)
    {
        if (!tier.IsSupported())
        {
            throw new ArgumentException($"{source}={tier.Name()}: this processor lacks the instructions; it has {Choices}");
        }
    }

    static string Choices => string.Join(", ", Available.Select(Name));
}
