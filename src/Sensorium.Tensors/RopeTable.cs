namespace Sensorium.Tensors;

/// <summary>
/// Cosines and sines of rotary position embeddings (Su et al. 2021) for one set of frequencies. Grows with the
/// positions asked for; safe to share.
/// </summary>
public sealed class RopeTable
{
    readonly float[] frequencies;
    readonly Func<int, RopeTable>? byLength;
    volatile float[] angles = [];

    /// <param name="frequencies">Radians a position, for each rotated pair.</param>
    /// <param name="interleaved">Pairs are neighbours (2i, 2i + 1); else they are (i, i + pairs).</param>
    /// <param name="magnitude">Cosines and sines are multiplied by this (YaRN's attention factor).</param>
    /// <param name="byLength">For scalings that go by the sequence's length: the table for a length.</param>
    /// <param name="sections">Pairs that follow each position axis, for M-RoPE; empty: all follow the first.</param>
    public RopeTable(float[] frequencies, bool interleaved = false, float magnitude = 1, Func<int, RopeTable>? byLength = null, int[]? sections = null)
    {
        this.frequencies = frequencies;
        this.byLength = byLength;
        Interleaved = interleaved;
        Magnitude = magnitude;
        Sections = sections ?? [];
    }

    /// <summary>How many pairs of each head are rotated; the rest of the head passes through.</summary>
    public int Pairs => frequencies.Length;

    /// <summary>Pairs are neighbours.</summary>
    public bool Interleaved { get; }

    /// <summary>Factor on cosines and sines.</summary>
    public float Magnitude { get; }

    /// <summary>Pairs that follow each position axis.</summary>
    public IReadOnlyList<int> Sections { get; }

    /// <summary>True where the frequencies depend on the sequence's length.</summary>
    public bool DependsOnLength => byLength is not null;

    /// <summary>Sequences up to this length all have the same frequencies.</summary>
    public int SameUpTo { get; init; } = int.MaxValue;

    /// <summary>Sequences beyond <see cref="SameUpTo"/> all have the same frequencies again, and their first tokens too (LongRoPE).</summary>
    public bool SwitchesOnce { get; init; }

    /// <summary>The table for a sequence of this length.</summary>
    public RopeTable For(int length) => byLength?.Invoke(length) ?? this;

    /// <summary>For each position up to <paramref name="lastPosition"/> at least: all cosines, then all sines, <c>[positions, 2 · Pairs]</c>.</summary>
    internal ReadOnlySpan<float> Angles(int lastPosition)
    {
        float[] known = angles;
        int width = 2 * Pairs;
        if ((lastPosition + 1) * (long)width <= known.Length)
        {
            return known;
        }

        lock (frequencies)
        {
            known = angles;
            int have = width == 0 ? 0 : known.Length / width;
            if (lastPosition >= have)
            {
                int rows = Math.Max(lastPosition + 1, Math.Max(2 * have, 256));
                var grown = new float[checked(rows * width)];
                known.CopyTo(grown, 0);
                for (int row = have; row < rows; row++)
                {
                    for (int pair = 0; pair < Pairs; pair++)
                    {
                        // The product is rounded to float32 first, as the references do.
                        (double sin, double cos) = Math.SinCos((float)row * frequencies[pair]);
                        grown[row * width + pair] = (float)cos * Magnitude;
                        grown[row * width + Pairs + pair] = (float)sin * Magnitude;
                    }
                }

                angles = known = grown;
            }
        }

        return known;
    }
}
