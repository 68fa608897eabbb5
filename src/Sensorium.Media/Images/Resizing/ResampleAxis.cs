namespace Sensorium.Media.Images.Resizing;

/// <summary>
/// The taps and fixed-point weights of one axis of a resize: for each output pixel the first input pixel, how many, and
/// their weights (Pillow's precompute_coeffs and normalize_coeffs_8bpc).
/// </summary>
sealed class ResampleAxis
{
    ResampleAxis(int size, int taps, int precision)
    {
        Starts = new int[size];
        Counts = new int[size];
        Weights = new int[size * taps];
        Taps = taps;
        Precision = precision;
    }

    /// <summary>First input pixel of each output pixel.</summary>
    public int[] Starts { get; }

    /// <summary>How many input pixels each output pixel takes, at most <see cref="Taps"/>.</summary>
    public int[] Counts { get; }

    /// <summary>[output pixels, <see cref="Taps"/>], zeros behind the last tap; a sum of weights is about 2^<see cref="Precision"/>.</summary>
    public int[] Weights { get; }

    /// <summary>Weights from one output pixel to the next.</summary>
    public int Taps { get; }

    /// <summary>Fractional bits of the weights.</summary>
    public int Precision { get; private set; }

    /// <summary>Output pixels.</summary>
    public int Size => Starts.Length;

    /// <summary>The first input pixel that any output pixel takes.</summary>
    public int First => Starts[0];

    /// <summary>One past the last input pixel that any output pixel takes.</summary>
    public int End => Starts[^1] + Counts[^1];

    public ReadOnlySpan<int> WeightsOf(int output) => Weights.AsSpan(output * Taps, Counts[output]);

    /// <param name="inSize">Input pixels.</param>
    /// <param name="from">Where the output's first pixel starts, in input pixels.</param>
    /// <param name="to">Where the output's last pixel ends, in input pixels.</param>
    /// <param name="outSize">Output pixels.</param>
    /// <param name="filter">Any filter but nearest.</param>
    /// <param name="fixedPrecision">Fractional bits of the weights; null for torchvision's rule, which depends on the largest weight.</param>
    public static ResampleAxis Create(int inSize, double from, double to, int outSize, Resample filter, int? fixedPrecision)
    {
        double scale = (to - from) / outSize;
        double filterScale = Math.Max(scale, 1.0);
        double support = ResampleFilters.Support(filter) * filterScale;
        int taps = Math.Min(((int)Math.Ceiling(support) * 2) + 1, inSize);
        var axis = new ResampleAxis(outSize, taps, fixedPrecision ?? 0);
        var exact = new double[axis.Weights.Length];
        for (int i = 0; i < outSize; i++)
        {
            double center = from + ((i + 0.5) * scale);
            int start = Math.Max((int)(center - support + 0.5), 0);
            int count = Math.Min((int)(center + support + 0.5), inSize) - start;
            Span<double> weights = exact.AsSpan(i * taps, count);
            double sum = 0;
            for (int j = 0; j < count; j++)
            {
                weights[j] = ResampleFilters.Weight(filter, (start + j - center + 0.5) * (1.0 / filterScale));
                sum += weights[j];
            }

            if (sum != 0)
            {
                foreach (ref double weight in weights)
                {
                    weight /= sum;
                }
            }

            axis.Starts[i] = start;
            axis.Counts[i] = count;
        }

        axis.Precision = fixedPrecision ?? TorchvisionPrecision(exact);
        double one = 1 << axis.Precision;
        for (int i = 0; i < exact.Length; i++)
        {
            axis.Weights[i] = (int)((exact[i] * one) + (exact[i] < 0 ? -0.5 : 0.5));
        }

        return axis;
    }

    // The weights have to fit in 16 bits (torch, UpSampleKernelAVXAntialias.h).
    static int TorchvisionPrecision(double[] weights)
    {
        double largest = weights.Max();
        int precision = 0;
        while (precision < 22 && (int)(0.5 + (largest * (1 << (precision + 1)))) < 1 << 15)
        {
            precision++;
        }

        return precision;
    }
}
