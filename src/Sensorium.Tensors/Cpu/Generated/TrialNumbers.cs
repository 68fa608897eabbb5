namespace Sensorium.Tensors.Cpu.Generated;

/// <summary>Numbers without a pattern, the same ones in every run: what kernels are tried on.</summary>
/// <param name="seed">Which numbers.</param>
struct TrialNumbers(uint seed)
{
    uint state = seed;

    /// <summary>32 bits, of which the upper ones are the better ones (a linear congruence; Knuth 1997, 3.3.4).</summary>
    public uint Next() => state = state * 1664525 + 1013904223;

    /// <summary>Between -1/2 and 1/2, with 24 bits.</summary>
    public float Float() => (int)(Next() >> 8) * (1f / (1 << 24)) - 0.5f;
}
