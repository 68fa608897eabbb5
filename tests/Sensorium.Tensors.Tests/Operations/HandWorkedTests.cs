using Sensorium.Tensors.Cpu;

namespace Sensorium.Tensors.Tests.Operations;

/// <summary>One or two small cases an operation, worked out by hand, for each device.</summary>
public abstract class HandWorkedTests
{
    private protected abstract Worked New();

    [Fact]
    public void A_product_with_a_weight_and_with_a_stack()
    {
        using Worked w = New();
        Tensor x = w.Rows(2, 1, 2, 3, 4);
        Weight a = w.Matrix(1, 1, 10);
        Weight b = w.Matrix(2, 0, 1, 1, -1);
        w.Is(w.C.MatMul(x, a), 2, 21, 43);
        w.Is(w.C.MatMul(x, Weight.Stack(a, b)), 2, 21, 2, -1, 43, 4, -1);
    }

    [Fact]
    public void A_product_of_activations()
    {
        using Worked w = New();
        Tensor a = w.Rows(1, 1, 2);
        w.Is(w.C.MatMul(a, w.Rows(2, 1, 2, 3, 4, 5, 6)), 1, 9, 12, 15);
        w.Is(w.C.MatMul(a, w.Rows(3, 1, 2, 3, 4, 5, 6), transposed: true), 1, 5, 11, 17);
    }

    [Fact]
    public void Arithmetic_with_as_many_rows_or_one()
    {
        using Worked w = New();
        Tensor a = w.Rows(2, 1, 2, 3, 4);
        Tensor one = w.Rows(1, 2, 4);
        w.Is(w.C.Add(a, a), 2, 2, 4, 6, 8);
        w.Is(w.C.Add(a, one), 2, 3, 6, 5, 8);
        w.Is(w.C.Subtract(a, one), 2, -1, -2, 1, 0);
        w.Is(w.C.Multiply(a, one), 2, 2, 8, 6, 16);
        w.Is(w.C.Divide(a, one), 2, 0.5f, 0.5f, 1.5f, 1);
        w.Is(w.C.Affine(a, 2, -1), 2, 1, 3, 5, 7);
        w.Is(a, 2, 1, 2, 3, 4);
        Should.Throw<ArgumentException>(() => w.C.Add(one, a));
        Should.Throw<ArgumentException>(() => w.C.Add(a, w.Rows(1, 1)));
    }

    [Fact]
    public void Activations()
    {
        using Worked w = New();
        Tensor x = w.Rows(1, -1, 0, 1, 8);
        w.Is(w.C.Activate(x, Activation.None), 1, -1, 0, 1, 8);
        w.Is(w.C.Activate(x, Activation.Relu), 1, 0, 0, 1, 8);
        w.Is(w.C.Activate(x, Activation.Relu6), 1, 0, 0, 1, 6);
        w.Is(w.C.Activate(x, Activation.Sigmoid), 1, 0.26894142f, 0.5f, 0.73105858f, 0.99966465f);
        w.Is(w.C.Activate(x, Activation.Silu), 1, -0.26894142f, 0, 0.73105858f, 7.9973172f);
        w.Is(w.C.Activate(x, Activation.Gelu), 1, -0.15865525f, 0, 0.84134475f, 8);
        w.Is(w.C.Activate(x, Activation.GeluTanh), 1, -0.15880801f, 0, 0.84119199f, 8);
        w.Is(w.C.Activate(x, Activation.QuickGelu), 1, -0.15420423f, 0, 0.84579577f, 7.9999902f);
        w.Is(w.C.Activate(x, Activation.Tanh), 1, -0.76159416f, 0, 0.76159416f, 0.99999977f);
    }

    [Fact]
    public void Softmax_over_a_row_and_within_it()
    {
        using Worked w = New();
        float third = MathF.Log(3);
        Tensor x = w.Rows(3, 0, third, 0, 5, 5, 5, 1, 2, 3);
        w.Is(w.C.Softmax(x.SliceRows(0, 2)), 2, 0.2f, 0.6f, 0.2f, 1 / 3f, 1 / 3f, 1 / 3f);
        w.Is(w.C.SoftmaxWithin(x, [0, 1, 2], [2, 9, 2]), 3, 0.25f, 0.75f, 0, 0, 0.5f, 0.5f, 0, 0, 0);
    }

    [Fact]
    public void Norms()
    {
        using Worked w = New();
        Tensor x = w.Rows(1, 3, 4, 0, 2);
        float whole = 1 / MathF.Sqrt(29 / 4f);
        w.Is(w.C.RmsNorm(x, null, 0), 1, 3 * whole, 4 * whole, 0, 2 * whole);
        float first = 1 / MathF.Sqrt(12.5f);
        float second = 1 / MathF.Sqrt(2);
        w.Is(w.C.RmsNorm(x, w.Vector(1, 2), 0, offset: 1), 1, 6 * first, 12 * first, 0, 6 * second);
        Tensor y = w.Rows(1, 1, 3);
        w.Is(w.C.LayerNorm(y, w.Vector(2, 3), w.Vector(10, 20), 0), 1, 8, 23);
        w.Is(w.C.LayerNorm(y, null, null, 3), 1, -0.5f, 0.5f);
        var batch = new BatchNormWeights(w.Vector(1, 2), w.Vector(3, 0), w.Vector(1, 5), w.Vector(0, 7), 1);
        w.Is(w.C.BatchNorm(w.Rows(2, 1, 2, 5, 3), batch), 2, 0, 7, 2, 12);
    }

    [Fact]
    public void Rope_of_halves_of_neighbours_and_of_a_part()
    {
        using Worked w = New();
        Plan plan = Plan.Of(true, 2);
        float quarter = MathF.PI / 2;
        Tensor x = w.Rows(2, 9, 9, 9, 9, 9, 1, 2, 3, 4, 5);
        w.Is(w.C.Rope(x, plan, new RopeTable([quarter, 0]), 5), 2, 9, 9, 9, 9, 9, -3, 2, 1, 4, 5);
        w.Is(w.C.Rope(x, plan, new RopeTable([quarter, 0], interleaved: true), 5), 2, 9, 9, 9, 9, 9, -2, 1, 3, 4, 5);
        w.Is(w.C.Rope(x, plan, new RopeTable([quarter]), 5), 2, 9, 9, 9, 9, 9, -2, 1, 3, 4, 5);
    }

    [Fact]
    public void Rope_by_sections_and_by_length()
    {
        using Worked w = New();
        float quarter = MathF.PI / 2;
        var plan = new Plan(axes: 2);
        plan.Add(1, position: 0);
        plan.SetPosition(0, 1, 1);
        Tensor x = w.Rows(1, 1, 2, 3, 4);
        w.Is(w.C.Rope(x, plan, new RopeTable([quarter, quarter], sections: [1, 1]), 4), 1, 1, -4, 3, 2);
        var still = new RopeTable([0, 0], byLength: length => new RopeTable([length == 7 ? quarter : 0, 0]));
        var long7 = new Plan();
        long7.Add(1, position: 1, ropeLength: 7);
        w.Is(w.C.Rope(x, long7, still, 4), 1, -3, 2, 1, 4);
    }

    [Fact]
    public void Rows_side_by_side_end_to_end_gathered_and_scattered()
    {
        using Worked w = New();
        Tensor a = w.Rows(2, 1, 2, 3, 4);
        Tensor b = w.Rows(2, 5, 6);
        w.Is(w.C.Concat(a, b), 2, 1, 2, 5, 3, 4, 6);
        w.Is(w.C.ConcatRows(a, a.SliceRows(1, 1)), 3, 1, 2, 3, 4, 3, 4);
        w.Is(w.C.Gather(a, [1, -1, 0, 1]), 4, 3, 4, 0, 0, 1, 2, 3, 4);
        w.Is(w.C.Scatter(a, w.Rows(1, 7, 8), [1]), 2, 1, 2, 7, 8);
        w.Is(a, 2, 1, 2, 3, 4);
        w.Is(w.C.MeanRows(w.Rows(3, 1, 2, 3, 6, 8, 9), [2, 0, 1]), 3, 2, 4, 0, 0, 8, 9);
        Should.Throw<ArgumentOutOfRangeException>(() => w.C.Gather(a, [2]));
        Should.Throw<ArgumentException>(() => w.C.Scatter(a, b, [0, 1]));
    }

    [Fact]
    public void Embedding_rows_by_id()
    {
        using Worked w = New();
        Weight table = w.Filled("embed", WeightRole.TableAndMatrix, [3, 2], [1, 2, 3, 4, 5, 6]);
        w.Is(w.C.Embed(table, [2, 0, 2]), 3, 5, 6, 1, 2, 5, 6);
        w.Is(w.C.MatMul(w.Rows(1, 1, 1), table), 1, 3, 7, 11);
        Should.Throw<ArgumentOutOfRangeException>(() => w.C.Embed(table, [3]));
    }

    [Fact]
    public void The_largest_of_a_row_is_the_first_of_equals_and_never_NaN()
    {
        using Worked w = New();
        float n = float.NaN;
        Tensor x = w.Rows(4, 1, 3, 3, n, 2, n, n, n, n, float.NegativeInfinity, n, n);
        w.ReadIds(w.C.ArgMax(x)).ShouldBe([1, 1, 0, 0]);
    }

    [Fact]
    public void Pooling_does_not_count_padding()
    {
        using Worked w = New();
        var x = new FeatureMaps(w.Rows(4, 1, 2, 3, 6), new Grid((1, 2, 2)));
        var window = new Window(3, 3, Stride: 2, Pad: 1);
        w.Is(w.C.AveragePool(x, window).Rows, 1, 3);
        w.Is(w.C.MaxPool(x, window).Rows, 1, 6);
        var line = new FeatureMaps(w.Rows(3, 1, 2, 6), new Grid((1, 1, 3)));
        w.Is(w.C.AdaptiveAveragePool(line, 1, 2).Rows, 2, 1.5f, 4);
    }

    [Fact]
    public void Convolution_over_maps_of_two_sizes()
    {
        using Worked w = New();
        var x = new FeatureMaps(w.Rows(5, 1, 2, 3, 4, 10), new Grid((1, 2, 2), (1, 1, 1)));
        Weight kernel = w.Filled("kernel", WeightRole.Convolution, [1, 1, 3, 3], [1, 2, 3, 4, 5, 6, 7, 8, 9]);
        FeatureMaps y = w.C.Convolve(x, kernel, new Window(3, 3, Pad: 1));
        w.Is(y.Rows, 5, 77, 67, 47, 37, 50);
        Weight depthwise = w.Filled("depthwise", WeightRole.Convolution, [2, 1, 1, 1], [2, 3]);
        w.Is(w.C.Convolve(new FeatureMaps(w.Rows(1, 5, 7), new Grid((1, 1, 1))), depthwise, new Window(1, 1)).Rows, 1, 10, 21);
    }

    [Fact]
    public void Gate_and_epilogue()
    {
        using Worked w = New();
        w.Is(w.C.Gate(w.Rows(1, -1, 2, 3, 4), Activation.Relu), 1, 0, 8);
        var epilogue = new Epilogue { Scale = w.Vector(2), Bias = w.Vector(-10), Activation = Activation.Relu, Residual = w.Rows(2, 100, 200) };
        w.Is(w.C.Linear(w.Rows(2, 1, 5), w.Matrix(1, 3), epilogue), 2, 100, 220);
    }

    [Fact]
    public void Attention_of_two_tokens()
    {
        using Worked w = New();
        float ln3 = MathF.Log(3);
        Tensor q = w.Rows(2, 1, 1);
        Tensor k = w.Rows(2, 0, ln3);
        Tensor v = w.Rows(2, 4, 8);
        var shape = new AttentionShape { Heads = 1, KvHeads = 1, KeySize = 1 };
        w.Is(w.C.Attend(q, KeyValues.Rows(k, v), Plan.Of(true, 2), shape), 2, 4, 7);
        w.Is(w.C.Attend(q, KeyValues.Rows(k, v), Plan.Of(false, 2), shape), 2, 7, 7);
        w.Is(w.C.Attend(q, KeyValues.Rows(k, v), Plan.Of(true, 1, 1), shape), 2, 4, 8);
        Plan blind = Plan.Of(true, 2);
        blind.SetVisible(0, 1, 0);
        w.Is(w.C.Attend(q, KeyValues.Rows(k, v), blind, shape), 2, 0, 7);
    }

    [Fact]
    public void Attention_through_pages_that_a_second_pass_continues()
    {
        using Worked w = New();
        using KvPool pool = w.Device.NewKvPool(new KvLayout(2, 1, 1, 1), DType.F32, 2);
        var pages = new PageTable();
        pages.Reserve(pool, 2);
        var plan = new Plan();
        plan.Clear(pool);
        plan.Add(1, pages);
        var shape = new AttentionShape { Heads = 1, KvHeads = 1, KeySize = 1 };
        w.Is(w.C.Attend(w.Rows(1, 1), w.C.Keep(plan, 1, w.Rows(1, 0), w.Rows(1, 4)), plan, shape), 1, 4);
        plan.Commit();
        plan.Clear(pool);
        plan.Add(1, pages);
        w.Is(w.C.Attend(w.Rows(1, 1), w.C.Keep(plan, 1, w.Rows(1, MathF.Log(3)), w.Rows(1, 8)), plan, shape), 1, 7);
        w.Is(w.C.ReadPages(pool, pages, 1, 2).Values, 2, 4, 8);
    }
}

/// <summary>The cases on the scalar device.</summary>
public sealed class ScalarHandWorkedTests : HandWorkedTests
{
    private protected override Worked New() => new();
}

/// <summary>The cases on the processor, portable kernels.</summary>
public sealed class PortableHandWorkedTests : HandWorkedTests
{
    private protected override Worked New() => new(new CpuDevice(2, KernelTier.Portable));
}

/// <summary>The cases on the processor, its best kernels.</summary>
public sealed class BestHandWorkedTests : HandWorkedTests
{
    private protected override Worked New() => new(new CpuDevice(2, KernelTiers.Best));
}
