using Sensorium.Tensors.Cpu;
using Sensorium.Tensors.Tests.Cpu;

namespace Sensorium.Tensors.Tests.Operations;

/// <summary>A row's result to the bit, whoever else is in the pass, however the pass is cut, and with any number of threads.</summary>
public sealed class SameAnswerTests
{
    const int Tokens = 700;
    const int Others = 130;

    static readonly AttentionShape Shape = new() { Heads = 6, KvHeads = 2, KeySize = 40 };

    // Whose pages few rows multiply as they are stored: seven rows, and columns of every width.
    static readonly AttentionShape WholeVectors = new() { Heads = 7, KvHeads = 1, KeySize = 112 };

    public static TheoryData<KernelTier, DType> Cases
    {
        get
        {
            var data = new TheoryData<KernelTier, DType>();
            foreach (KernelTier tier in KernelTiers.Available)
            {
                data.Add(tier, DType.F32);
                data.Add(tier, DType.F16);
            }

            return data;
        }
    }

    [Theory]
    [MemberData(nameof(Cases))]
    public void Attention_does_not_depend_on_how_a_prompt_is_cut(KernelTier tier, DType type)
    {
        float[] whole = Run(tier, type, 1, company: false, Shape, Tokens);
        Run(tier, type, 2, company: false, Shape, Tokens).ShouldBe(whole);
        Run(tier, type, 2, company: true, Shape, Tokens).ShouldBe(whole);
        Run(tier, type, 2, company: false, Shape, 1, 6, 250, 300, 140, 1, 1, 1).ShouldBe(whole);
        Run(tier, type, 1, company: true, Shape, 697, 1, 1, 1).ShouldBe(whole);
        Run(tier, type, 2, company: true, Shape, 513, 187).ShouldBe(whole);
    }

    [Theory]
    [MemberData(nameof(Cases))]
    public void Nor_on_whether_pages_are_multiplied_as_they_are_stored(KernelTier tier, DType type)
    {
        float[] whole = Run(tier, type, 1, company: false, WholeVectors, Tokens);
        Run(tier, type, 2, company: false, WholeVectors, 1, 6, 250, 300, 140, 1, 1, 1).ShouldBe(whole);
        Run(tier, type, 2, company: true, WholeVectors, 695, 1, 1, 1, 1, 1).ShouldBe(whole);
    }

    [Theory]
    [MemberData(nameof(Cases))]
    public void Nor_within_a_window(KernelTier tier, DType type)
    {
        AttentionShape windowed = Shape with { Window = 90 };
        float[] whole = Run(tier, type, 1, company: false, windowed, Tokens);
        Run(tier, type, 2, company: true, windowed, 300, 395, 1, 1, 1, 1, 1).ShouldBe(whole);
        windowed = WholeVectors with { Window = 90 };
        whole = Run(tier, type, 1, company: false, windowed, Tokens);
        Run(tier, type, 2, company: false, windowed, 300, 395, 1, 1, 1, 1, 1).ShouldBe(whole);
    }

    [Theory]
    [MemberData(nameof(Cases))]
    public void Norms_and_functions_do_not_depend_on_the_rows_beside(KernelTier tier, DType type)
    {
        _ = type;
        using var two = new Guarded(Twins.Cpu(tier));
        using var one = new Guarded(Twins.Cpu(tier, threads: 1));
        foreach (Func<Compute, Tensor, Tensor> operation in new Func<Compute, Tensor, Tensor>[]
            { (c, x) => c.RmsNorm(x, null, 1e-6f), (c, x) => c.LayerNorm(x, null, null, 1e-6f), (c, x) => c.Softmax(x), (c, x) => c.Activate(x, Activation.Gelu) })
        {
            float[] all = two.Read(operation(two.C, two.Random(1, 200, 333)));
            Tensor row = one.Random(1, 200, 333).SliceRows(137, 1);
            one.Read(operation(one.C, row)).ShouldBe(all[(137 * 333)..(138 * 333)]);
        }
    }

    [Fact]
    public void A_steady_step_allocates_nothing_on_the_managed_heap()
    {
        using var w = new Guarded(Twins.Cpu(KernelTiers.Best));
        using KvPool pool = w.Device.NewKvPool(new KvLayout(1, 2, 40, 40), DType.F16, 20);
        var pages = new PageTable();
        pages.Reserve(pool, 1000);
        var plan = new Plan();
        var rope = new RopeTable([1, 0.5f]);
        Weight norm = w.Weight(1, WeightRole.Vector, 240);
        Tensor x = w.Random(2, 9, 240);
        SteadyAllocation.Of(Step, 20).ShouldBe(0);

        void Step()
        {
            plan.Clear(pool);
            plan.Add(9, pages);
            Tensor h = w.C.RmsNorm(x, norm, 1e-6f);
            h = w.C.Rope(h, plan, rope, 40);
            KeyValues kept = w.C.Keep(plan, 0, h.Slice(0, 80), h.Slice(80, 80));
            h = w.C.Add(x, w.C.Attend(h, kept, plan, Shape));
            w.C.ArgMax(w.C.Softmax(w.C.Gate(h, Activation.Silu)));
            plan.Commit();
        }
    }

    static float[] Run(KernelTier tier, DType type, int threads, bool company, AttentionShape shape, params int[] passes)
    {
        using var w = new Guarded(Twins.Cpu(tier, threads));
        Tensor q = w.Random(1, Tokens, shape.Heads * shape.KeySize, 2);
        Tensor k = w.Random(2, Tokens, shape.KvHeads * shape.KeySize, 2);
        Tensor v = w.Random(3, Tokens, shape.KvHeads * shape.ValueSize);
        using KvPool pool = w.Device.NewKvPool(new KvLayout(1, shape.KvHeads, shape.KeySize, shape.ValueSize), type, 60);
        PageTable own = new();
        PageTable other = new();
        var plan = new Plan();
        var results = new List<float>();
        int done = 0;
        foreach (int rows in passes)
        {
            plan.Clear(pool);
            if (company)
            {
                other.Reserve(pool, other.Length + Others);
                plan.Add(Others, other);
            }

            own.Reserve(pool, own.Length + rows);
            int first = plan.Add(rows, own);
            KeyValues kept = w.C.Keep(plan, 0, With(k), With(v));
            results.AddRange(w.Read(w.C.Attend(With(q), kept, plan, shape).SliceRows(first, rows)));
            plan.Commit();
            done += rows;

            Tensor With(Tensor x)
            {
                Tensor mine = x.SliceRows(done, rows);
                return company ? w.C.ConcatRows(x.SliceRows(9, Others), mine) : mine;
            }
        }

        return [.. results];
    }
}
