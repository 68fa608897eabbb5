using Sensorium.Tensors.Cpu;
using Sensorium.Tensors.Scalar;

namespace Sensorium.Tensors.Tests.Operations;

/// <summary>A tape records one block of a model and computes it again.</summary>
public sealed class TapeTests
{
    const int Rows = 5;
    const int Width = 8;

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void A_replay_computes_what_the_block_does_also_from_another_input(bool scalar)
    {
        using Device device = scalar ? new ScalarDevice() : new CpuDevice(2);
        using Compute c = device.NewCompute(Numerics.Exact);
        using var plain = device.NewCompute(Numerics.Exact);
        using var tape = new Tape(c);
        var block = new Block(device);
        Plan plan = Plan.Of(true, 3, 2);
        float[] first = Numbers(1);
        float[] second = Numbers(2);

        Tensor x = tape.FromHost(first, Rows, Width);
        Tensor y = tape.Run(block, x, plan);
        float[] expected = Of(plain, block, first, plan);
        Close(Read(tape, y), expected);

        tape.Replay();
        Close(Read(tape, y), expected);

        tape.Replace(x, tape.FromHost(second, Rows, Width));
        tape.Replay();
        Close(Read(tape, y), Of(plain, block, second, plan));
        Read(tape, y).ShouldNotBe(expected);
        Should.Throw<ArgumentException>(() => tape.Replace(y, x));
    }

    [Fact]
    public void Fused_operations_are_written_down_where_the_tape_knows_them_and_else_as_primitives()
    {
        using var device = new ScalarDevice();
        using Compute c = device.NewCompute(Numerics.Exact);
        using var tape = new Tape(c);
        tape.Run(new Block(device), tape.FromHost(Numbers(1), Rows, Width), Plan.Of(true, 3, 2));
        var names = tape.Entries.GroupBy(e => e.Operation, StringComparer.Ordinal).ToDictionary(g => g.Key, g => g.Count(), StringComparer.Ordinal);
        names[nameof(Compute.Linear)].ShouldBe(5);
        names[nameof(Compute.Gate)].ShouldBe(1);
        names.ShouldNotContainKey(nameof(Compute.Attend));
        names[nameof(Compute.SoftmaxWithin)].ShouldBe(4, "two heads of two sequences");
        tape.MakerOf(tape.Entries[^1].Output.Slice(1, 2)).ShouldBe(tape.Entries[^1]);
    }

    static float[] Of(Compute c, Block block, float[] x, Plan plan) => Read(c, c.Run(block, c.FromHost(x, Rows, Width), plan));

    static float[] Read(Compute c, Tensor x)
    {
        var values = new float[x.Rows * x.Columns];
        c.Read(x, values);
        return values;
    }

    static void Close(float[] actual, float[] expected)
    {
        for (int i = 0; i < expected.Length; i++)
        {
            actual[i].ShouldBe(expected[i], 1e-5f);
        }
    }

    static float[] Numbers(int seed)
    {
        var random = new Random(seed);
        return [.. Enumerable.Range(0, Rows * Width).Select(_ => random.NextSingle() * 2 - 1)];
    }

    /// <summary>A decoder layer in small: norm, attention, norm, gated MLP, residuals.</summary>
    sealed class Block(Device device) : IBlock
    {
        readonly Weight norm = Make(device, 3, WeightRole.Vector, Width);
        readonly Weight query = Make(device, 4, WeightRole.Matrix, Width, Width);
        readonly Weight key = Make(device, 5, WeightRole.Matrix, Width / 2, Width);
        readonly Weight value = Make(device, 6, WeightRole.Matrix, Width / 2, Width);
        readonly Weight gateUp = Make(device, 7, WeightRole.Matrix, 12, Width);
        readonly Weight down = Make(device, 8, WeightRole.Matrix, Width, 6);
        readonly AttentionShape shape = new() { Heads = 2, KvHeads = 1, KeySize = Width / 2 };

        public Tensor Forward(Compute c, Tensor x, Plan plan)
        {
            Tensor h = c.RmsNorm(x, norm, 1e-5f);
            Tensor a = c.Attend(c.Linear(h, query), c.Keep(plan, 0, c.Linear(h, key), c.Linear(h, value)), plan, shape);
            x = c.Add(x, a);
            h = c.LayerNorm(x, norm, null, 1e-5f);
            return c.Linear(c.Gate(c.Linear(h, gateUp), Activation.Silu), down, new Epilogue { Residual = x });
        }

        static Weight Make(Device device, int seed, WeightRole role, params long[] shape)
        {
            var weight = new Weight($"w{seed}", role, shape);
            var random = new Random(seed);
            float[] values = [.. Enumerable.Range(0, (int)weight.Elements).Select(_ => random.NextSingle() - 0.5f)];
            weight.Fill(device, RawTensor.FromFloats(weight.Name, shape, values));
            return weight;
        }
    }
}
