using Sensorium.Tensors.Cpu;
using Sensorium.Tensors.Cpu.Generated;
using Sensorium.Tensors.Formats;
using Sensorium.Tensors.Tests.Cpu;
using Sensorium.Tensors.Tests.Generated;

namespace Sensorium.Tensors.Tests.Operations;

/// <summary>Attention over rows, as encoders have it: what blocks and bfloat16 may and may not change.</summary>
public sealed class RowAttentionTests
{
    static readonly AttentionShape Shape = new() { Heads = 4, KvHeads = 2, KeySize = 21, ValueSize = 40 };

    public static TheoryData<KernelTier> Tiers => Twins.Tiers();

    static CpuDevice WithBrains(int threads) => new(threads, KernelTiers.Best, _ => new GeneratedKernels(
        Instructions.Avx2 | Instructions.Avx512 | Instructions.Avx512Bf16, programs => [.. programs.Select(p => new InterpretedKernel(p))]));

    [Theory]
    [MemberData(nameof(Tiers))]
    public void A_sequence_does_not_depend_on_company_nor_on_threads(KernelTier tier)
    {
        using var one = new CpuDevice(1, tier);
        using var two = new CpuDevice(2, tier);
        float[] alone = Attend(one, Numerics.Exact, Arithmetic.Float32, Shape, true, [107]);
        Attend(two, Numerics.Exact, Arithmetic.Float32, Shape, true, [107]).ShouldBe(alone);
        Attend(two, Numerics.Exact, Arithmetic.Float32, Shape, true, [107, 3, 700]).AsSpan(0, alone.Length).SequenceEqual(alone).ShouldBeTrue();
    }

    [Fact]
    public void Only_what_was_coarser_than_float32_is_multiplied_as_bfloat16_and_only_in_fast_numerics()
    {
        using CpuDevice brains = WithBrains(1);
        using var plain = new CpuDevice(1, KernelTiers.Best);
        float[] exact = Attend(plain, Numerics.Exact, Arithmetic.Float32, Shape, false, [37]);
        Attend(brains, Numerics.Fast, Arithmetic.Float32, Shape, false, [37]).ShouldBe(exact);
        Attend(brains, Numerics.Exact, Arithmetic.BFloat16, Shape, false, [37]).ShouldBe(exact);
        float[] rounded = Attend(brains, Numerics.Fast, Arithmetic.Int8, Shape, false, [37]);
        rounded.ShouldNotBe(exact);
        rounded.ShouldBe(exact, 0.02);
        brains.Generated.Refusals.ShouldBeEmpty();
    }

    [Theory]
    [InlineData(21, 40, 1)]
    [InlineData(64, 64, 2)]
    [InlineData(72, 8, 33)]
    [InlineData(16, 17, 130)]
    public void Bfloat16_rounds_queries_keys_weights_and_values_and_nothing_else(int keySize, int valueSize, int rows)
    {
        using CpuDevice device = WithBrains(2);
        var shape = new AttentionShape { Heads = 2, KvHeads = 1, KeySize = keySize, ValueSize = valueSize };
        float[] y = Attend(device, Numerics.Fast, Arithmetic.BFloat16, shape, true, [rows]);
        y.ShouldBe(Rounded(shape, rows), 2e-3);
        Attend(device, Numerics.Fast, Arithmetic.BFloat16, shape, true, [rows, 5, 1]).AsSpan(0, y.Length).SequenceEqual(y).ShouldBeTrue();
    }

    static float[] Attend(CpuDevice device, Numerics numerics, Arithmetic computedIn, AttentionShape shape, bool causal, int[] sequences)
    {
        using Compute c = device.NewCompute(numerics);
        int rows = sequences.Sum();
        Tensor Some(int seed, int columns) => c.FromHost(Numbers(seed, rows, columns), rows, columns);
        return c.Read(c.Attend(
            Some(1, shape.Heads * shape.KeySize), KeyValues.Rows(Some(2, shape.KvHeads * shape.KeySize), Some(3, shape.KvHeads * shape.ValueSize), computedIn), Plan.Of(causal, sequences), shape));
    }

    // Each row has its own seed, so that a sequence begins alike whatever follows it.
    static float[] Numbers(int seed, int rows, int columns) =>
        [.. Enumerable.Range(0, rows).SelectMany(row => { var random = new Random(seed * 1000 + row); return Enumerable.Range(0, columns).Select(_ => random.NextSingle() * 2 - 1); })];

    /// <summary>Causal attention in double precision on numbers rounded to bfloat16.</summary>
    static float[] Rounded(AttentionShape shape, int rows)
    {
        static double Brain(double x) => HalfFloats.FromBF16(HalfFloats.ToBF16((float)x));
        float[] q = Numbers(1, rows, shape.Heads * shape.KeySize), k = Numbers(2, rows, shape.KeySize), v = Numbers(3, rows, shape.ValueSize);
        var y = new float[rows * shape.Heads * shape.ValueSize];
        for (int row = 0; row < rows; row++)
        {
            for (int head = 0; head < shape.Heads; head++)
            {
                double[] scores = [.. Enumerable.Range(0, row + 1).Select(key => shape.Scale * Enumerable.Range(0, shape.KeySize).Sum(i =>
                    Brain(q[(row * shape.Heads + head) * shape.KeySize + i]) * Brain(k[key * shape.KeySize + i])))];
                double[] weights = [.. scores.Select(s => Math.Exp(s - scores.Max()))];
                for (int i = 0; i < shape.ValueSize; i++)
                {
                    y[(row * shape.Heads + head) * shape.ValueSize + i] = (float)(Enumerable.Range(0, row + 1).Sum(key => Brain(weights[key]) * Brain(v[key * shape.ValueSize + i])) / weights.Sum());
                }
            }
        }

        return y;
    }
}
