using Sensorium.Tensors.Cpu;

namespace Sensorium.Tensors.Tests.Operations;

/// <summary>Every tier's operations on rows against the scalar device, on awkward shapes.</summary>
public sealed class RowOperationTests
{
    static readonly int[] Widths = [1, 3, 8, 15, 16, 17, 64, 577];

    public static TheoryData<KernelTier> Tiers => Twins.Tiers();

    public static TheoryData<KernelTier, Activation> Functions
    {
        get
        {
            var data = new TheoryData<KernelTier, Activation>();
            foreach (KernelTier tier in KernelTiers.Available)
            {
                foreach (Activation activation in Enum.GetValues<Activation>())
                {
                    data.Add(tier, activation);
                }
            }

            return data;
        }
    }

    [Theory]
    [MemberData(nameof(Tiers))]
    public void Arithmetic(KernelTier tier)
    {
        foreach (int width in Widths)
        {
            foreach (int rows in new[] { 1, 5, 90 })
            {
                foreach (int others in new[] { 1, rows })
                {
                    Twins.Compare(tier, w => w.C.Add(w.Random(1, rows, width), w.Random(2, others, width)), Twins.Ulps(1));
                    Twins.Compare(tier, w => w.C.Subtract(w.Random(1, rows, width), w.Random(2, others, width)), Twins.Ulps(1));
                    Twins.Compare(tier, w => w.C.Multiply(w.Random(1, rows, width), w.Random(2, others, width)), Twins.Ulps(1));
                    Twins.Compare(tier, w => w.C.Divide(w.Random(1, rows, width), w.Random(2, others, width)), Twins.Ulps(1));
                }
            }

            Twins.Compare(tier, w => w.C.Affine(w.Random(1, 3, width), 3, -0.5f), Twins.OfRow(2));
        }
    }

    [Theory]
    [MemberData(nameof(Functions))]
    public void Activations_to_a_few_units_in_the_last_place(KernelTier tier, Activation activation)
    {
        using var scalar = new Worked();
        float[] points = [.. Enumerable.Range(-2600, 5201).Select(i => i * 0.00613f), .. Enumerable.Range(-300, 601).Select(i => i * 0.31f),
            .. Enumerable.Range(1, 30).Select(i => MathF.ScaleB(1.37f, -i))];
        float[] values = scalar.Read(scalar.C.Activate(scalar.Rows(1, points), activation));
        float[] beside = scalar.Read(scalar.C.Activate(scalar.Rows(1, [.. points.Select(p => p * 1.001f)]), activation));

        // An error of a unit in the argument is allowed for: the functions are as exact as their arguments.
        Twins.Compare(
            tier,
            w => w.C.Activate(w.Of(1, points.Length, (_, i) => points[i]), activation),
            (_, i) => 4 * Twins.Epsilon * (Math.Abs(values[i]) + Math.Abs(beside[i] - values[i]) / 0.001f) + 1e-36f);
    }

    [Theory]
    [MemberData(nameof(Functions))]
    public void Activations_of_what_is_no_number_and_of_the_ends(KernelTier tier, Activation activation)
    {
        Twins.Compare(tier, w => w.C.Activate(w.Of(1, 21, (_, i) => (i % 7) switch { 0 => float.NaN, 1 => 3e38f, 2 => -0f, 3 => float.PositiveInfinity, 4 => 1e-42f, _ => 200 }), activation), Twins.Ulps(4));
    }

    [Theory]
    [MemberData(nameof(Functions))]
    public void Gates(KernelTier tier, Activation activation)
    {
        foreach (int width in Widths)
        {
            Twins.Compare(tier, w => w.C.Gate(w.Random(5, 3, 2 * width, 4), activation), Twins.OfRow(8));
        }
    }

    [Theory]
    [MemberData(nameof(Tiers))]
    public void Softmaxes(KernelTier tier)
    {
        foreach (int width in Widths)
        {
            Twins.Compare(tier, w => w.C.Softmax(w.Random(3, 4, width, 20)), Twins.OfRow(20));
            int[] starts = [0, width / 2, -3, width, 2];
            int[] ends = [width, width + 9, width / 2, width, 1];
            Twins.Compare(tier, w => w.C.SoftmaxWithin(w.Random(4, 5, width, 20), starts, ends), Twins.OfRow(20));
        }
    }

    [Theory]
    [MemberData(nameof(Tiers))]
    public void Norms(KernelTier tier)
    {
        foreach (int width in Widths)
        {
            float sums = 4 + MathF.Sqrt(width);
            Twins.Compare(tier, w => w.C.RmsNorm(w.Random(6, 7, width, 3), null, 1e-6f), Twins.OfRow(sums));
            Twins.Compare(tier, w => w.C.RmsNorm(w.Random(6, 7, width * 3), w.Weight(7, WeightRole.Vector, width), 1e-5f, 1), Twins.OfRow(sums));
            Twins.Compare(tier, w => w.C.BatchNorm(w.Random(8, 7, width), BatchNorm(w, width)), Twins.OfRow(4));
            Twins.Compare(tier, w => w.C.LayerNorm(w.Random(9, 7, width, 5), w.Weight(7, WeightRole.Vector, width), w.Weight(8, WeightRole.Vector, width), 1e-2f), Twins.OfRow(4 * sums));
            Twins.Compare(tier, w => w.C.LayerNorm(w.Random(9, 7, width, 5), null, null, 1e-2f), (_, _) => 8 * sums * Twins.Epsilon);
        }
    }

    [Theory]
    [MemberData(nameof(Tiers))]
    public void Ropes(KernelTier tier)
    {
        foreach ((int headSize, int pairs) in new[] { (2, 1), (64, 32), (10, 3), (80, 40), (96, 20) })
        {
            foreach (bool interleaved in new[] { false, true })
            {
                float[] frequencies = [.. Enumerable.Range(0, pairs).Select(i => MathF.Pow(10000, -2f * i / headSize))];
                var plan = new Plan(axes: 3);
                plan.Add(5, position: 11);
                plan.Add(4, position: 900, ropeLength: 2000);
                for (int row = 0; row < 9; row++)
                {
                    plan.SetPosition(row, 1, 40 - row);
                    plan.SetPosition(row, 2, 7 * row);
                }

                int[] sections = [pairs / 2, (pairs - pairs / 2) / 2, pairs - pairs / 2 - (pairs - pairs / 2) / 2];
                var twice = new RopeTable([.. frequencies.Select(f => f / 2)], interleaved);
                RopeTable[] tables = [new(frequencies, interleaved, 1.3f), new(frequencies, interleaved, sections: sections),
                    new(frequencies, interleaved, byLength: n => n > 1000 ? twice : new RopeTable(frequencies, interleaved))];
                foreach (RopeTable table in tables)
                {
                    Twins.Compare(tier, w => w.C.Rope(w.Random(10, 9, 3 * headSize), plan, table, headSize), Twins.OfRow(2));
                }
            }
        }
    }

    [Theory]
    [MemberData(nameof(Tiers))]
    public void Rows_moved_about(KernelTier tier)
    {
        foreach (int width in Widths)
        {
            Twins.Compare(tier, w => w.C.Concat(w.Random(1, 70, width), w.Random(2, 70, 5), w.Random(3, 70, width)), Twins.Ulps(0));
            Twins.Compare(tier, w => w.C.ConcatRows(w.Random(1, 70, width), w.Random(2, 1, width), w.Random(3, 0, width)), Twins.Ulps(0));
            Twins.Compare(tier, w => w.C.Gather(w.Random(1, 9, width), [8, -1, 0, 0, 3]), Twins.Ulps(0));
            Twins.Compare(tier, w => w.C.Scatter(w.Random(1, 9, width), w.Random(2, 2, width), [8, 3]), Twins.Ulps(0));
            Twins.Compare(tier, w => w.C.MeanRows(w.Random(1, 90, width), [1, 0, 80, 9]), Twins.OfRow(40));
            Twins.Compare(tier, w => w.C.ArgMax(w.Random(1, 40, width)), Twins.Ulps(0));
            Twins.Compare(tier, w => w.C.ArgMax(w.Of(3, width, (r, i) => i == width * r / 3 ? 1 : i % 3 == 0 ? float.NaN : -1)), Twins.Ulps(0));
            Twins.Compare(tier, w => w.C.ArgMax(w.Of(3, width, (r, i) => i < r ? float.NaN : float.NegativeInfinity)), Twins.Ulps(0));
        }
    }

    [Theory]
    [MemberData(nameof(Tiers))]
    public void Pools(KernelTier tier)
    {
        foreach (int width in new[] { 1, 17, 64 })
        {
            var grid = new Grid((1, 7, 5), (2, 3, 4), (1, 1, 1));
            foreach (Window window in new Window[] { new(3, 3, 2, Padding.Symmetric, 1), new(2, 2, 2, Padding.Same), new(1, 1), new(2, 3, 1, Padding.Same, 0, 2) })
            {
                Twins.Compare(tier, w => w.C.AveragePool(new FeatureMaps(w.Random(1, grid.Rows, width), grid), window).Rows, Twins.OfRow(8));
                Twins.Compare(tier, w => w.C.MaxPool(new FeatureMaps(w.Random(1, grid.Rows, width), grid), window).Rows, Twins.Ulps(0));
            }

            Twins.Compare(tier, w => w.C.AdaptiveAveragePool(new FeatureMaps(w.Random(1, grid.Rows, width), grid), 1, 1).Rows, Twins.OfRow(20));
            Twins.Compare(tier, w => w.C.AdaptiveAveragePool(new FeatureMaps(w.Random(1, grid.Rows, width), grid), 3, 2).Rows, Twins.OfRow(20));
        }
    }

    static BatchNormWeights BatchNorm(Guarded w, int width) => new(
        w.Weight(1, WeightRole.Vector, width), w.Weight(2, WeightRole.Vector, width), w.Weight(3, WeightRole.Vector, width), w.Weight(4, WeightRole.Vector, width), 1e-3f);
}
