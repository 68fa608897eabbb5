using Sensorium.Tensors.Cpu;

namespace Sensorium.Tensors.Tests.Cpu;

public sealed class LinearTests
{
    const double Epsilon = 1.1920929e-7;

    public static TheoryData<KernelTier> Tiers() => Samples.Tiers();

    public static TheoryData<KernelTier, DType> TiersAndTypes() => Samples.TiersAndTypes();

    [Theory]
    [MemberData(nameof(TiersAndTypes))]
    public void An_exact_product_is_the_dequantised_one(KernelTier tier, DType type)
    {
        int block = type.BlockSize();
        foreach ((int rows, int inputs, int outputs) in new[] { (1, block, 1), (3, Math.Max(2 * block, 7), 37), (17, block == 256 ? 256 : Math.Max(3 * block, 31), 97) })
        {
            RawTensor raw = Samples.Raw(type, 1, outputs, inputs);
            CpuDevice device = Samples.Device(tier);
            using Compute c = device.NewCompute(Numerics.Exact);
            Weight weight = Samples.Fill(device, raw, WeightRole.Matrix);
            float[] x = Samples.Numbers(2, rows * inputs);
            float[] y = c.Read(c.MatMul(c.FromHost(x, rows, inputs), weight));
            Near(y, x, Samples.Exact(raw), rows, inputs, outputs);
        }
    }

    [Theory]
    [MemberData(nameof(TiersAndTypes))]
    public void Unpacking_and_embedding_give_the_dequantised_numbers_to_the_bit(KernelTier tier, DType type)
    {
        int inputs = type.BlockSize() == 1 ? 263 : Math.Max(type.BlockSize(), 320 / type.BlockSize() * type.BlockSize());
        RawTensor raw = Samples.Raw(type, 3, 21, inputs);
        float[] exact = Samples.Exact(raw);
        CpuDevice device = Samples.Device(tier);
        using Compute c = device.NewCompute(Numerics.Fast);
        foreach (WeightRole role in new[] { WeightRole.Matrix, WeightRole.Table, WeightRole.TableAndMatrix, WeightRole.Vector })
        {
            Weight weight = Samples.Fill(device, raw, role);
            var rows = new float[17 * inputs];
            weight.Prepared!.Unpack(3, 17, rows);
            rows.ShouldBeSameBits(exact.AsSpan(3 * inputs, 17 * inputs), $"{role}");
            if (role is WeightRole.Table or WeightRole.TableAndMatrix)
            {
                float[] y = c.Read(c.Embed(weight, [20, 0, 16, 15]));
                float[] expected = [.. exact[(20 * inputs)..], .. exact[..inputs], .. exact[(16 * inputs)..(17 * inputs)], .. exact[(15 * inputs)..(16 * inputs)]];
                y.ShouldBeSameBits(expected, $"{role}");
            }
        }
    }

    [Theory]
    [MemberData(nameof(TiersAndTypes))]
    public void A_row_gives_the_same_bits_in_any_company_and_for_any_number_of_threads(KernelTier tier, DType type)
    {
        if (type is DType.I64 or DType.U64 or DType.U32 or DType.Bool)
        {
            return; // numbers too wild or too tame to tell anything
        }

        int inputs = type.BlockSize() == 256 ? 512 : type.BlockSize() == 1 ? 301 : 384, outputs = 83, rows = 29;
        foreach (Numerics numerics in Enum.GetValues<Numerics>())
        {
            float[] x = Samples.Numbers(4, rows * inputs);
            float[]? first = null;
            foreach (int threads in new[] { 1, 3 })
            {
                CpuDevice device = Samples.Device(tier, threads);
                using Compute c = device.NewCompute(numerics);
                Weight weight = Samples.Fill(device, Samples.Raw(type, 5, outputs, inputs), WeightRole.Matrix);
                float[] all = c.Read(c.MatMul(c.FromHost(x, rows, inputs), weight));
                first ??= all;
                all.ShouldBeSameBits(first, $"{threads} threads");
                foreach (int company in new[] { 1, 2, 7, 13 })
                {
                    float[] few = c.Read(c.MatMul(c.FromHost(x.AsSpan(5 * inputs, Math.Min(company, rows - 5) * inputs), Math.Min(company, rows - 5), inputs), weight));
                    few.ShouldBeSameBits(first.AsSpan(5 * outputs, few.Length), $"{numerics}, {company} rows");
                }
            }
        }
    }

    [Theory]
    [MemberData(nameof(Tiers))]
    public void Many_rows_and_long_sums_are_cut_without_a_trace(KernelTier tier)
    {
        CpuDevice device = Samples.Device(tier);
        const int Inputs = 2100, Outputs = 70, Rows = 521;
        using Compute c = device.NewCompute(Numerics.Exact);
        Weight weight = Samples.Fill(device, Samples.Raw(DType.F32, 6, Outputs, Inputs), WeightRole.Matrix);
        float[] x = Samples.Numbers(7, Rows * Inputs);
        float[] all = c.Read(c.MatMul(c.FromHost(x, Rows, Inputs), weight));
        foreach (int row in new[] { 0, 239, 240, 520 })
        {
            c.Read(c.MatMul(c.FromHost(x.AsSpan(row * Inputs, Inputs), 1, Inputs), weight)).ShouldBeSameBits(all.AsSpan(row * Outputs, Outputs), $"row {row}");
        }
    }

    [Theory]
    [MemberData(nameof(Tiers))]
    public void Sums_longer_than_a_call_of_generated_code_are_whole(KernelTier tier)
    {
        // Two calls of pairs and a third, and a number without a second.
        const int Inputs = 2 * 2 * 8192 + 7, Outputs = 19, Rows = 5;
        CpuDevice device = Samples.Device(tier);
        float[] x = Samples.Numbers(11, Rows * Inputs);
        foreach (DType type in new[] { DType.F32, DType.BF16, DType.F16 })
        {
            RawTensor raw = Samples.Raw(type, 10, Outputs, Inputs);
            Weight weight = Samples.Fill(device, raw, WeightRole.Matrix);
            float[] products = Products(x, Samples.Exact(raw), Rows, Inputs, Outputs);
            foreach (Numerics numerics in Enum.GetValues<Numerics>())
            {
                using Compute c = device.NewCompute(numerics);
                float[] all = c.Read(c.MatMul(c.FromHost(x, Rows, Inputs), weight));
                c.Read(c.MatMul(c.FromHost(x.AsSpan(0, Inputs), 1, Inputs), weight)).ShouldBeSameBits(all.AsSpan(0, Outputs), $"{type}, {numerics}");

                // A product more or less would be an error of 0.005, rounding to bfloat16 is one of 0.001.
                RelativeError(all, products).ShouldBeLessThan(numerics == Numerics.Exact ? 1e-5 : 0.003);
            }
        }
    }

    [Theory]
    [MemberData(nameof(TiersAndTypes))]
    public void A_fast_product_is_near_the_exact_one(KernelTier tier, DType type)
    {
        if (!type.IsQuantized())
        {
            return;
        }

        int inputs = 1024, outputs = 50, rows = 9;
        CpuDevice device = Samples.Device(tier);
        using Compute fast = device.NewCompute(Numerics.Fast), exact = device.NewCompute(Numerics.Exact);
        Weight weight = Samples.Fill(device, Samples.Raw(type, 8, outputs, inputs), WeightRole.Matrix);
        float[] x = Samples.Numbers(9, rows * inputs);
        float[] a = fast.Read(fast.MatMul(fast.FromHost(x, rows, inputs), weight)), b = exact.Read(exact.MatMul(exact.FromHost(x, rows, inputs), weight));

        // Rounding to 127 steps of the largest of 32: a relative error of about 1 / (127 · sqrt(12) / 2.5).
        RelativeError(a, b).ShouldBeLessThan(0.012);
    }

    [Theory]
    [MemberData(nameof(Tiers))]
    public void A_stack_is_its_parts_side_by_side_whatever_their_types(KernelTier tier)
    {
        CpuDevice device = Samples.Device(tier);
        const int Inputs = 512, Rows = 5;
        foreach (Numerics numerics in Enum.GetValues<Numerics>())
        {
            using Compute c = device.NewCompute(numerics);
            Weight[] parts =
            [
                Samples.Fill(device, Samples.Raw(DType.Q4_K, 1, 40, Inputs), WeightRole.Matrix),
                Samples.Fill(device, Samples.Raw(DType.F16, 2, 3, Inputs), WeightRole.Matrix),
                Samples.Fill(device, Samples.Raw(DType.Q6_K, 3, 33, Inputs), WeightRole.Matrix),
                Samples.Fill(device, Samples.Raw(DType.F32, 4, 64, Inputs), WeightRole.Matrix),
            ];
            Weight[] biases = [.. parts.Select((p, i) => Samples.Vector(device, i, (int)p.Outputs))];
            Tensor x = c.FromHost(Samples.Numbers(5, Rows * Inputs), Rows, Inputs);
            float[] together = c.Read(c.Linear(x, Weight.Stack(parts), new Epilogue { Bias = Weight.Stack(biases), Activation = Activation.Relu }));
            float[] apart = c.Read(c.Concat([.. parts.Select((p, i) => c.Linear(x, p, new Epilogue { Bias = biases[i], Activation = Activation.Relu }))]));
            together.ShouldBeSameBits(apart, $"{numerics}");
        }
    }

    [Theory]
    [MemberData(nameof(Tiers))]
    public void An_epilogue_is_its_expansion(KernelTier tier)
    {
        CpuDevice device = Samples.Device(tier);
        using var scalar = new Scalar.ScalarDevice();
        const int Inputs = 67, Outputs = 45, Rows = 14;
        float[] x = Samples.Numbers(1, Rows * Inputs), residual = Samples.Numbers(2, Rows * Outputs);
        foreach (Activation activation in Enum.GetValues<Activation>())
        {
            foreach (int parts in new[] { 0, 1, 2, 4, 8, 15 })
            {
                float[] On(Device device)
                {
                    using Compute c = device.NewCompute(Numerics.Exact);
                    Weight weight = Samples.Fill(device, Samples.Raw(DType.F32, 3, Outputs, Inputs), WeightRole.Matrix);
                    return c.Read(c.Linear(c.FromHost(x, Rows, Inputs), weight, new Epilogue
                    {
                        Scale = (parts & 1) == 0 ? null : Samples.Vector(device, 4, Outputs),
                        Bias = (parts & 2) == 0 ? null : Samples.Vector(device, 5, Outputs),
                        Norm = (parts & 4) == 0 ? null : new BatchNormWeights(Samples.Vector(device, 6, Outputs), Samples.Vector(device, 7, Outputs, 0.1, 1), Samples.Vector(device, 8, Outputs), Samples.Vector(device, 9, Outputs), 1e-3f),
                        Activation = activation,
                        Residual = (parts & 8) == 0 ? default : c.FromHost(residual, Rows, Outputs),
                    }));
                }

                float[] fast = On(device), expected = On(scalar);
                for (int i = 0; i < fast.Length; i++)
                {
                    Math.Abs(fast[i] - expected[i]).ShouldBeLessThan(1e-5f * (10 + Math.Abs(expected[i])), $"{activation} {parts} [{i}]");
                }
            }
        }
    }

    [Theory]
    [MemberData(nameof(Tiers))]
    public void Products_of_activations_read_views_and_either_side(KernelTier tier)
    {
        CpuDevice device = Samples.Device(tier);
        using Compute c = device.NewCompute(Numerics.Fast);
        foreach ((int rows, int k, int n) in new[] { (1, 1, 1), (3, 5, 7), (19, 33, 65), (250, 300, 40), (2, 17, 16) })
        {
            Tensor a = c.FromHost(Samples.Numbers(1, rows * (k + 3)), rows, k + 3).Slice(2, k);
            Tensor b = c.FromHost(Samples.Numbers(2, k * (n + 5)), k, n + 5).Slice(1, n);
            float[] left = c.Read(a), right = c.Read(b), turned = new float[n * k];
            for (int i = 0; i < k; i++)
            {
                for (int j = 0; j < n; j++)
                {
                    turned[j * k + i] = right[i * n + j];
                }
            }

            float[] y = c.Read(c.MatMul(a, b));
            Near(y, left, turned, rows, k, n);
            c.Read(c.MatMul(a, c.FromHost(turned, n, k), transposed: true)).ShouldBeSameBits(y, "transposed");
        }
    }

    [Theory]
    [MemberData(nameof(Tiers))]
    public void Nothing_to_multiply_gives_what_the_epilogue_makes_of_zero(KernelTier tier)
    {
        CpuDevice device = Samples.Device(tier);
        using Compute c = device.NewCompute(Numerics.Exact);
        Weight weight = Samples.Fill(device, Samples.Raw(DType.F32, 1, 5, 6), WeightRole.Matrix);
        c.Linear(c.FromHost([], 0, 6), weight).Rows.ShouldBe(0);
        c.Read(c.MatMul(c.FromHost([], 3, 0), c.FromHost([], 0, 2))).ShouldBe(new float[6]);
        Should.Throw<ArgumentException>(() => c.Linear(c.FromHost(new float[5], 1, 5), weight)).Message.ShouldContain("F32 sample");
        Should.Throw<ArgumentOutOfRangeException>(() => c.Embed(Samples.Fill(device, Samples.Raw(DType.F32, 1, 5, 6), WeightRole.Table), [5]));
    }

    [Theory]
    [MemberData(nameof(Tiers))]
    public void Numbers_that_are_not_finite_reach_the_result(KernelTier tier)
    {
        CpuDevice device = Samples.Device(tier);
        foreach (DType type in new[] { DType.F32, DType.F16, DType.Q8_0, DType.Q4_K })
        {
            using Compute c = device.NewCompute(Numerics.Fast);
            Weight weight = Samples.Fill(device, Samples.Raw(type, 1, 20, 256), WeightRole.Matrix);
            float[] x = Samples.Numbers(2, 2 * 256);
            x[300] = float.NaN;
            float[] y = c.Read(c.MatMul(c.FromHost(x, 2, 256), weight));
            y.AsSpan(0, 20).ToArray().ShouldAllBe(v => float.IsFinite(v));
            y.AsSpan(20).ToArray().ShouldAllBe(v => float.IsNaN(v));
        }
    }

    static double RelativeError(float[] numbers, float[] expected)
    {
        double error = numbers.Zip(expected, (a, b) => Math.Pow(a - b, 2)).Sum(), norm = expected.Sum(b => Math.Pow(b, 2));
        return Math.Sqrt(error / norm);
    }

    /// <summary>x wᵀ, summed in float64.</summary>
    static float[] Products(float[] x, float[] w, int rows, int inputs, int outputs) =>
    [
        .. from row in Enumerable.Range(0, rows)
           from output in Enumerable.Range(0, outputs)
           select (float)Enumerable.Range(0, inputs).Sum(k => (double)x[row * inputs + k] * w[output * inputs + k])
    ];

    /// <summary>Within what float32 sums in any order may differ by.</summary>
    internal static void Near(float[] y, float[] x, float[] w, int rows, int inputs, int outputs)
    {
        for (int r = 0; r < rows; r++)
        {
            for (int o = 0; o < outputs; o++)
            {
                double sum = 0, size = 0;
                for (int k = 0; k < inputs; k++)
                {
                    double product = (double)x[r * inputs + k] * w[o * inputs + k];
                    sum += product;
                    size += Math.Abs(product);
                }

                if (double.IsFinite(sum))
                {
                    Math.Abs(y[r * outputs + o] - sum).ShouldBeLessThanOrEqualTo(Epsilon * (inputs + 2) * size + 1e-30, $"[{r}, {o}] of {inputs}");
                }
            }
        }
    }
}
