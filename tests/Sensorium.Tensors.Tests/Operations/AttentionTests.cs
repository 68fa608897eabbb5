using Sensorium.Tensors.Cpu;

namespace Sensorium.Tensors.Tests.Operations;

/// <summary>The fused attention against its expansion in primitives on the scalar device, for every pattern.</summary>
public sealed class AttentionTests
{
    public static TheoryData<KernelTier> Tiers => Twins.Tiers();

    static AttentionShape Shape(int heads, int kvHeads, int keySize, int valueSize = 0, int window = 0, float softCap = 0) =>
        new() { Heads = heads, KvHeads = kvHeads, KeySize = keySize, ValueSize = valueSize, Window = window, SoftCap = softCap };

    [Theory]
    [MemberData(nameof(Tiers))]
    public void Causal_and_bidirectional_over_ragged_sequences(KernelTier tier)
    {
        foreach ((int heads, int kvHeads, int keySize, int valueSize) in new[] { (1, 1, 1, 1), (4, 2, 5, 7), (9, 3, 64, 64), (2, 2, 80, 80), (3, 1, 33, 48), (2, 1, 17, 96) })
        {
            Both(tier, Plan.Of(true, 1, 7, 70), Shape(heads, kvHeads, keySize, valueSize));
            Both(tier, Plan.Of(false, 65, 3, 1), Shape(heads, kvHeads, keySize, valueSize));
        }

        Both(tier, Plan.Of(true, 300, 1), Shape(2, 1, 16));
        Both(tier, Plan.Of(true, 5), Shape(71, 1, 4));
    }

    [Theory]
    [MemberData(nameof(Tiers))]
    public void Windows_caps_spans_and_rows_that_see_nothing(KernelTier tier)
    {
        Both(tier, Plan.Of(true, 150, 20), Shape(2, 1, 16, window: 9));
        Both(tier, Plan.Of(true, 330), Shape(2, 1, 16, window: 100));
        Both(tier, Plan.Of(true, 40), Shape(2, 1, 16, softCap: 0.7f));

        Plan spans = Plan.Of(true, 100, 12);
        spans.SetVisible(0, 20, 20);
        spans.SetVisible(60, 30, 90);
        spans.SetVisible(97, 2, 0);
        spans.SetVisible(100, 3, 500);
        Both(tier, spans, Shape(4, 2, 12));

        // The last row's window begins behind what it may see, which is more than any other row sees.
        Plan behind = Plan.Of(true, 40);
        behind.SetVisible(0, 39, 1);
        behind.SetVisible(39, 1, 20);
        Both(tier, behind, Shape(2, 1, 16, window: 9));
    }

    [Theory]
    [MemberData(nameof(Tiers))]
    public void Relative_bias(KernelTier tier)
    {
        foreach ((bool bidirectional, int buckets, int farthest) in new[] { (true, 32, 128), (false, 32, 128), (true, 8, 20), (false, 8, 20) })
        {
            foreach (int[] lengths in new int[][] { [90, 3], [1], [300, 1, 141] })
            {
                Plan plan = Plan.Of(!bidirectional, lengths);
                Twins.Compare(
                    tier,
                    w => w.C.Attend(w.Random(1, plan.Rows, 32), KeyValues.Rows(w.Random(2, plan.Rows, 32), w.Random(3, plan.Rows, 32)), plan, Biased(w, bidirectional, buckets, farthest)),
                    (_, _) => 60 * Twins.Epsilon);
            }
        }
    }

    [Theory]
    [MemberData(nameof(Tiers))]
    public void Relative_bias_over_pages_that_several_passes_fill(KernelTier tier)
    {
        foreach (int[] passes in new[] { new[] { 1, 1, 1 }, [63, 1, 1, 70], [5, 64, 260, 1] })
        {
            Twins.Compare(tier, w => Passes(w, DType.F32, Biased(w, bidirectional: false, 32, 128), passes), (_, _) => 60 * Twins.Epsilon);
        }
    }

    /// <summary>The buckets that the reference's code gives (transformers T5Attention._relative_position_bucket).</summary>
    [Fact]
    public void Buckets_of_distances()
    {
        Buckets(true, 32, 128, -200, -128, -127, -91, -90, -64, -63, -46, -45, -32, -31, -16, -15, -8, -7, -1, 0, 1, 7, 8, 11, 12, 16, 23, 32, 63, 64, 90, 91, 128, 999)
            .ShouldBe([15, 15, 15, 15, 14, 14, 13, 13, 12, 12, 11, 10, 9, 8, 7, 1, 0, 17, 23, 24, 24, 25, 26, 27, 28, 29, 30, 30, 31, 31, 31]);
        Buckets(false, 32, 128, 5, 0, -1, -15, -16, -18, -19, -20, -21, -32, -63, -64, -100, -112, -113, -127, -128, -4000)
            .ShouldBe([0, 0, 1, 15, 16, 16, 17, 17, 18, 21, 26, 26, 30, 30, 31, 31, 31, 31]);
        Buckets(true, 8, 20, [.. Enumerable.Range(-8, 17)]).ShouldBe([3, 3, 2, 2, 2, 2, 2, 1, 0, 5, 6, 6, 6, 6, 6, 7, 7]);
        Buckets(false, 8, 20, -14, -13, -12, -9, -8, -7, -6, -5, -4, -3).ShouldBe([7, 6, 6, 6, 5, 5, 5, 4, 4, 3]);
    }

    static int[] Buckets(bool bidirectional, int buckets, int farthest, params int[] distances)
    {
        var bias = new RelativeBias(new Weight("table", WeightRole.Vector, buckets, 1), farthest, bidirectional);
        return Array.ConvertAll(distances, bias.Bucket);
    }

    static AttentionShape Biased(Guarded w, bool bidirectional, int buckets, int farthest) => new()
    {
        Heads = 4,
        KvHeads = 4,
        KeySize = 8,
        Scale = 1,
        Bias = new RelativeBias(w.Weight(4, WeightRole.Vector, buckets, 4), farthest, bidirectional),
    };

    [Theory]
    [MemberData(nameof(Tiers))]
    public void Memories_of_other_lengths(KernelTier tier)
    {
        Plan plan = Plan.Of(true, 3, 1);
        Plan memory = Plan.Of(false, 70, 200);
        AttentionShape shape = Shape(4, 2, 24);
        Twins.Compare(
            tier,
            w => w.C.Attend(w.Random(1, 4, 96), KeyValues.Memory(w.Random(2, 270, 48), w.Random(3, 270, 48), memory), plan, shape),
            (_, _) => 60 * Twins.Epsilon);
    }

    [Theory]
    [MemberData(nameof(Tiers))]
    public void Pages_that_several_passes_fill(KernelTier tier)
    {
        foreach (int[] passes in new[] { new[] { 1, 1, 1 }, [63, 1, 1, 70], [130, 62], [5, 64, 260, 1] })
        {
            Twins.Compare(tier, w => Passes(w, DType.F32, Shape(6, 2, 20, 28), passes), (_, _) => 60 * Twins.Epsilon);
        }

        // What float16 pages round away is in the first place of the tolerance.
        Twins.Compare(tier, w => Passes(w, DType.F16, Shape(6, 2, 20, 28), [63, 1, 70]), (_, _) => 4e-3f);
    }

    [Theory]
    [MemberData(nameof(Tiers))]
    public void Half_pages_give_what_rounded_rows_give(KernelTier tier)
    {
        using var w = new Guarded(Twins.Cpu(tier));
        AttentionShape shape = Shape(4, 2, 16);
        Tensor q = w.Random(1, 90, 64);
        Tensor k = w.Of(90, 32, (r, i) => (float)(Half)MathF.Sin(r * 32 + i));
        Tensor v = w.Of(90, 32, (r, i) => (float)(Half)MathF.Cos(r * 32 + i));
        using KvPool pool = w.Device.NewKvPool(new KvLayout(1, 2, 16, 16), DType.F16, 2);
        var pages = new PageTable();
        pages.Reserve(pool, 90);
        var plan = new Plan();
        plan.Clear(pool);
        plan.Add(90, pages);
        float[] paged = w.Read(w.C.Attend(q, w.C.Keep(plan, 0, k, v), plan, shape));
        paged.ShouldBe(w.Read(w.C.Attend(q, KeyValues.Rows(k, v), Plan.Of(true, 90), shape)), 60 * Twins.Epsilon);
        (Tensor keys, Tensor values) = w.C.ReadPages(pool, pages, 0, 90);
        w.Read(keys).ShouldBe(w.Read(k));
        w.Read(values).ShouldBe(w.Read(v));
    }

    [Fact]
    public void What_does_not_fit_is_refused()
    {
        using var w = new Guarded(Twins.Cpu(KernelTiers.Best));
        Tensor x = w.Random(1, 3, 8);
        Plan plan = Plan.Of(true, 3);
        Should.Throw<ArgumentException>(() => w.C.Attend(x, KeyValues.Rows(x, x), plan, Shape(3, 2, 4)));
        Should.Throw<ArgumentException>(() => w.C.Attend(x, KeyValues.Rows(x, x), plan, Shape(3, 1, 4)));
        Should.Throw<ArgumentException>(() => w.C.Attend(x, KeyValues.Rows(x, x), plan, Shape(2, 1, 4)));
        Should.Throw<InvalidOperationException>(() => w.C.Attend(x, KeyValues.Paged(0), plan, Shape(2, 1, 4)));
        using KvPool pool = w.Device.NewKvPool(new KvLayout(1, 1, 4, 4), DType.F32, 1);
        plan.Clear(pool);
        plan.Add(3, new PageTable());
        Should.Throw<InvalidOperationException>(() => w.C.Append(plan, 0, x.Slice(0, 4), x.Slice(4, 4))).Message.ShouldContain("reserve");
    }

    static void Both(KernelTier tier, Plan plan, AttentionShape shape) => Twins.Compare(
        tier,
        w => w.C.Attend(
            w.Random(1, plan.Rows, shape.Heads * shape.KeySize, 3),
            KeyValues.Rows(w.Random(2, plan.Rows, shape.KvHeads * shape.KeySize, 3), w.Random(3, plan.Rows, shape.KvHeads * shape.ValueSize)),
            plan,
            shape),
        (_, _) => (40 + 9 * MathF.Sqrt(shape.KeySize)) * Twins.Epsilon);

    /// <summary>Two sequences side by side, the second a token shorter in each pass; all passes' results end to end.</summary>
    static Tensor Passes(Guarded w, DType type, AttentionShape shape, int[] passes)
    {
        var layout = new KvLayout(2, shape.KvHeads, shape.KeySize, shape.ValueSize);
        using KvPool pool = w.Device.NewKvPool(layout, type, 40);
        PageTable[] tables = [new(), new()];
        var plan = new Plan();
        var results = new List<Tensor>();
        foreach (int rows in passes)
        {
            plan.Clear(pool);
            foreach (PageTable table in tables)
            {
                int count = table == tables[0] ? rows : Math.Max(rows - 1, 1);
                table.Reserve(pool, table.Length + count);
                plan.Add(count, table);
            }

            int seed = 10 * results.Count;
            w.C.Append(plan, 0, w.Random(seed, plan.Rows, shape.KvHeads * shape.KeySize), w.Random(seed, plan.Rows, shape.KvHeads * shape.ValueSize));
            KeyValues kept = w.C.Keep(plan, 1, w.Random(seed + 1, plan.Rows, shape.KvHeads * shape.KeySize), w.Random(seed + 2, plan.Rows, shape.KvHeads * shape.ValueSize));
            results.Add(w.C.Attend(w.Random(seed + 3, plan.Rows, shape.Heads * shape.KeySize), kept, plan, shape));
            plan.Commit();
        }

        return w.C.ConcatRows([.. results]);
    }
}
