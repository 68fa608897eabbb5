using Sensorium.Tensors.Cpu;

namespace Sensorium.Tensors.Tests.Operations;

/// <summary>Mixtures of experts: by hand, every tier against the scalar device, alone and in company, on a tape.</summary>
public sealed class ExpertTests
{
    const int Hidden = 24;
    const int Inner = 17;
    const int Experts = 5;

    public static TheoryData<KernelTier> Tiers => Twins.Tiers();

    /// <summary>Gate and up pass x on, so expert i gives i x²; with x = 2 and the experts 1 and 3 that is 4 (share 1 + 3 share 3).</summary>
    [Theory]
    [InlineData(true, 0.75f * 1 + 0.25f * 3)]
    [InlineData(false, 0.6f * 1 + 0.2f * 3)]
    public void Shares_of_the_best_two_by_hand(bool sumToOne, float factor)
    {
        using var w = new Worked();
        ExpertBank bank = new(
            [.. Enumerable.Range(1, 3).Select(_ => w.Matrix(2, 1, 1))],
            [.. Enumerable.Range(1, 3).Select(i => w.Matrix(1, i))],
            Activation.None);

        // Shares 0.6, 0.2 - a trifle, 0.2: the first and the last are chosen.
        Tensor scores = w.Rows(1, MathF.Log(0.6f), MathF.Log(0.2f) - 1e-4f, MathF.Log(0.2f));
        float[] y = w.Read(w.C.MixExperts(w.Rows(1, 2), scores, bank, 2, sumToOne));
        y[0].ShouldBe(4 * factor, 1e-3f);
    }

    [Fact]
    public void Of_equal_scores_the_first_wins_and_no_number_is_chosen_last()
    {
        using var w = new Worked();
        ExpertBank bank = new(
            [.. Enumerable.Range(1, 3).Select(_ => w.Matrix(2, 1, 1))],
            [.. Enumerable.Range(1, 3).Select(i => w.Matrix(1, i))],
            Activation.None);
        w.Is(w.C.MixExperts(w.Rows(2, 1, 1), w.Rows(2, 4, 4, 4, 0, 9, 9), bank, 1, sharesSumToOne: true), 2, 1, 2);
        w.Read(w.C.MixExperts(w.Rows(1, 1), w.Rows(1, float.NaN, 1, 2), bank, 3, sharesSumToOne: true)).Length.ShouldBe(1);
    }

    [Fact]
    public void More_experts_a_row_than_there_are_is_refused()
    {
        using var w = new Worked();
        ExpertBank bank = new([w.Matrix(2, 1, 1)], [w.Matrix(1, 1)], Activation.Silu);
        Should.Throw<ArgumentOutOfRangeException>(() => w.C.MixExperts(w.Rows(1, 1), w.Rows(1, 1), bank, 2, sharesSumToOne: true));
        Should.Throw<ArgumentException>(() => w.C.MixExperts(w.Rows(1, 1), w.Rows(1, 1, 2), bank, 1, sharesSumToOne: true));
    }

    [Theory]
    [MemberData(nameof(Tiers))]
    public void Every_tier_as_the_scalar_device(KernelTier tier)
    {
        foreach (int rows in new[] { 1, 3, 40 })
        {
            foreach (int perRow in new[] { 1, 2, Experts })
            {
                Twins.Compare(tier, w => w.C.MixExperts(w.Random(1, rows, Hidden), w.Random(2, rows, Experts, 4), Bank(w), perRow, perRow == 2), Twins.OfRow(64));
            }
        }
    }

    [Fact]
    public void A_row_has_the_same_bits_alone_and_in_company()
    {
        using var w = new Guarded(Twins.Cpu(KernelTiers.Available[^1]));
        ExpertBank bank = Bank(w);
        Tensor x = w.Random(1, 33, Hidden);
        Tensor scores = w.Random(2, 33, Experts, 4);
        float[] together = w.Read(w.C.MixExperts(x, scores, bank, 2, sharesSumToOne: true));
        for (int row = 0; row < 33; row++)
        {
            float[] alone = w.Read(w.C.MixExperts(x.SliceRows(row, 1), scores.SliceRows(row, 1), bank, 2, sharesSumToOne: true));
            alone.ShouldBe(together[(row * Hidden)..((row + 1) * Hidden)]);
        }
    }

    [Fact]
    public void A_tape_writes_it_down_as_primitives_and_replays_it()
    {
        using var w = new Guarded(Twins.Scalar);
        ExpertBank bank = Bank(w);
        using var tape = new Tape(w.C);
        Tensor x = w.Random(1, 4, Hidden);
        Tensor y = tape.MixExperts(x, w.Random(2, 4, Experts, 4), bank, 2, sharesSumToOne: true);
        float[] first = w.Read(y);
        tape.Entries.ShouldContain(e => e.Operation == nameof(Compute.Gate));
        tape.Replay();
        w.Read(y).ShouldBe(first);
    }

    static ExpertBank Bank(Guarded w) => new(
        [.. Enumerable.Range(0, Experts).Select(i => w.Weight(10 + i, WeightRole.Matrix, 2 * Inner, Hidden))],
        [.. Enumerable.Range(0, Experts).Select(i => w.Weight(20 + i, WeightRole.Matrix, Hidden, Inner))],
        Activation.Silu);
}
