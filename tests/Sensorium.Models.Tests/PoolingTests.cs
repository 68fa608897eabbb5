using Sensorium.Models.Layers;
using Sensorium.Tensors;
using Sensorium.Tensors.Cpu;

namespace Sensorium.Models.Tests;

/// <summary>What becomes of the rows of two texts, worked out by hand.</summary>
public sealed class PoolingTests : IDisposable
{
    // Two texts, of three rows and of one.
    static readonly float[] Rows = [1, -4, 2, 0, 6, 1, 5, -7];
    static readonly int[] Lengths = [3, 1];

    readonly CpuDevice device = new(1);
    readonly Compute c;

    public PoolingTests() => c = device.NewCompute(Numerics.Exact);

    public void Dispose()
    {
        c.Dispose();
        device.Dispose();
    }

    [Theory]
    [InlineData(PoolingKind.First, new[] { 1f, -4, 5, -7 })]
    [InlineData(PoolingKind.Last, new[] { 6f, 1, 5, -7 })]
    [InlineData(PoolingKind.Max, new[] { 6f, 1, 5, -7 })]
    [InlineData(PoolingKind.Mean, new[] { 3f, -1, 5, -7 })]
    [InlineData(PoolingKind.MeanSqrtLength, new[] { 5.196152f, -1.7320508f, 5, -7 })]
    [InlineData(PoolingKind.WeightedMean, new[] { 3.8333333f, -0.16666667f, 5, -7 })]
    public void EachKindIsWhatItIsCalled(PoolingKind kind, float[] expected) => Pooled(new Pooling(kind), 4).ShouldBe(expected, 1e-6);

    [Fact]
    public void SeveralKindsStandSideBySide() =>
        Pooled(new Pooling(PoolingKind.First, PoolingKind.Mean), 8).ShouldBe([1, -4, 3, -1, 5, -7, 5, -7], 1e-6);

    [Fact]
    public void AVectorIsDividedByItsLengthAndZerosStayZeros()
    {
        var values = new float[4];
        c.Read(UnitLength.Of(c, c.FromHost([3, -4, 0, 0], 2, 2)), values);
        values.ShouldBe([0.6f, -0.8f, 0, 0], 1e-6);
    }

    float[] Pooled(Pooling pooling, int count)
    {
        var values = new float[count];
        c.Read(pooling.Forward(c, c.FromHost(Rows, 4, 2), Lengths), values);
        return values;
    }
}
