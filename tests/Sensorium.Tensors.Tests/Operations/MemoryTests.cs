using Sensorium.Tensors.Cpu;

namespace Sensorium.Tensors.Tests.Operations;

/// <summary>Cross-attention: rows of sequences that read memories of their own, kept in pages of their own.</summary>
public sealed class MemoryTests
{
    static readonly AttentionShape Shape = new() { Heads = 4, KvHeads = 2, KeySize = 20, ValueSize = 28 };

    public static TheoryData<KernelTier> Tiers => Twins.Tiers();

    [Theory]
    [MemberData(nameof(Tiers))]
    public void Sequences_read_their_own_memories_and_one_without_gets_zeros(KernelTier tier)
    {
        foreach (DType type in new[] { DType.F32, DType.F16 })
        {
            // What float16 pages round away is in the first place of the tolerance.
            float allowed = type == DType.F16 ? 4e-3f : 60 * Twins.Epsilon;
            Twins.Compare(tier, w => Read(w, type, Shape, [3, 1, 65, 2], [70, 0, 300, 64]), (_, _) => allowed);
            Twins.Compare(tier, w => Read(w, type, Shape with { Scale = 1 }, [1], [1]), (_, _) => allowed);
        }

        using var cpu = new Guarded(Twins.Cpu(tier));
        cpu.Read(Read(cpu, DType.F32, Shape, [3, 1, 2], [70, 0, 9]))[(3 * 112)..(4 * 112)].ShouldAllBe(v => v == 0);
    }

    [Theory]
    [MemberData(nameof(Tiers))]
    public void Pages_and_rows_give_the_same(KernelTier tier)
    {
        using var w = new Guarded(Twins.Cpu(tier));
        Tensor paged = Read(w, DType.F32, Shape, [3, 5], [70, 200]);
        (Tensor keys, Tensor values) = Memory(w, Shape, 270);
        var plan = Plan.Of(true, 3, 5);
        Tensor rows = w.C.Attend(w.Random(3, 8, 80, 3), KeyValues.Memory(keys, values, Plan.Of(false, 70, 200)), plan, Shape);

        // Pages are run through with a running softmax, rows with one of the whole.
        w.Read(rows).ShouldBe(w.Read(paged), 60 * Twins.Epsilon);
    }

    [Theory]
    [MemberData(nameof(Tiers))]
    public void A_row_does_not_depend_on_company_nor_on_threads(KernelTier tier)
    {
        foreach (DType type in new[] { DType.F32, DType.F16 })
        {
            using var one = new Guarded(Twins.Cpu(tier, threads: 1));
            using var two = new Guarded(Twins.Cpu(tier));
            float[] alone = one.Read(Read(one, type, Shape, [1], [700]));
            two.Read(Read(two, type, Shape, [1], [700])).ShouldBe(alone);
            two.Read(Read(two, type, Shape, [1, 40, 3], [700, 130, 0])).AsSpan(0, alone.Length).SequenceEqual(alone).ShouldBeTrue();
        }
    }

    [Fact]
    public void What_does_not_fit_is_refused()
    {
        using var w = new Guarded(Twins.Cpu(KernelTiers.Best));
        Tensor q = w.Random(1, 2, 80);
        Should.Throw<InvalidOperationException>(() => w.C.Attend(q, KeyValues.PagedMemory(0), Plan.Of(true, 2), Shape)).Message.ShouldContain("memories");
        using KvPool pool = w.Device.NewKvPool(new KvLayout(1, 2, 20, 28), DType.F32, 4);
        var plan = new Plan();
        plan.Clear(null, pool);
        plan.Add(2, memory: new PageTable());
        w.Read(w.C.Attend(q, KeyValues.PagedMemory(0), plan, Shape)).ShouldAllBe(v => v == 0);
        Should.Throw<ArgumentException>(() => w.C.Attend(q, KeyValues.PagedMemory(1), plan, Shape));
        Should.Throw<ArgumentException>(() => w.C.Attend(q, KeyValues.PagedMemory(0), plan, Shape with { KvHeads = 4 }));
        Should.Throw<InvalidOperationException>(() => w.C.ReadPages(pool, new PageTable(), 0, 3));
        Should.Throw<InvalidOperationException>(() => w.C.ReadPages(pool, null, 1, 0));
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void Memory_of_free_pages_goes_back_and_comes_again(bool scalar)
    {
        Device device = scalar ? Twins.Scalar : Twins.Cpu(KernelTiers.Best);
        using KvPool pool = device.NewKvPool(new KvLayout(1, 1, 4, 4), DType.F32, 3);
        int[] pages = [pool.Rent(), pool.Rent(), pool.Rent()];
        pool.Shrink().ShouldBeFalse();
        pool.Return(pages[1]);
        pool.Return(pages[2]);
        (pool.Available, pool.Free, pool.AllocatedBytes).ShouldBe((2, 2, 3 * pool.PageBytes));
        pool.Shrink().ShouldBeTrue();
        (pool.Available, pool.Free, pool.AllocatedBytes).ShouldBe((2, 1, 2 * pool.PageBytes));
        int[] again = [pool.Rent(), pool.Rent()];
        again.Order().ShouldBe(pages[1..].Order());
        (pool.Available, pool.AllocatedBytes).ShouldBe((0, 3 * pool.PageBytes));
        Should.Throw<InvalidOperationException>(() => pool.Rent());
        pool.Copy(pages[0], again[0]);
        pool.Copy(pages[0], again[1]);
    }

    /// <summary>Rows of sequences with memories of so many rows, in one pass; 0: the sequence has none.</summary>
    static Tensor Read(Guarded w, DType type, AttentionShape shape, int[] rows, int[] memories)
    {
        using KvPool pool = w.Device.NewKvPool(new KvLayout(2, shape.KvHeads, shape.KeySize, shape.ValueSize), type, 30);
        var kept = new Plan();
        kept.Clear(pool);
        var plan = new Plan();
        plan.Clear(null, pool);
        for (int i = 0; i < rows.Length; i++)
        {
            var table = memories[i] == 0 ? null : new PageTable();
            table?.Reserve(pool, memories[i]);
            plan.Add(rows[i], memory: table);
            if (table is not null)
            {
                kept.Add(memories[i], table);
            }
        }

        (Tensor keys, Tensor values) = Memory(w, shape, kept.Rows);
        w.C.Append(kept, 0, w.Random(8, kept.Rows, (int)keys.Columns), w.Random(9, kept.Rows, (int)values.Columns));
        w.C.Append(kept, 1, keys, values);
        kept.Commit();
        return w.C.Attend(w.Random(3, plan.Rows, shape.Heads * shape.KeySize, 3), KeyValues.PagedMemory(1), plan, shape);
    }

    static (Tensor Keys, Tensor Values) Memory(Guarded w, AttentionShape shape, int rows) =>
        (w.Random(1, rows, shape.KvHeads * shape.KeySize, 3), w.Random(2, rows, shape.KvHeads * shape.ValueSize));
}
