using Sensorium.Inference.Sampling;

namespace Sensorium.Inference.Tests;

/// <summary>Each step of the sampler chain against numbers worked by hand.</summary>
public sealed class SamplerChainTests
{
    const float Out = float.NegativeInfinity;

    static float[] Apply(float[] logits, SamplerStep step, int[]? ids = null, int promptLength = 0)
    {
        float[] copy = [.. logits];
        new Sampler([step], greedy: true, seed: 1).Apply(copy, ids ?? [], promptLength);
        return copy;
    }

    static float[] Logs(params double[] probabilities) => [.. probabilities.Select(p => (float)Math.Log(p))];

    static int[] Left(float[] logits) => [.. Enumerable.Range(0, logits.Length).Where(i => logits[i] > Out)];

    [Fact]
    public void TemperatureDivides() => Apply([1, -2, 3], new Temperature(0.5f)).ShouldBe([2, -4, 6]);

    [Fact]
    public void TopKKeepsWhatEqualsTheLast() => Left(Apply([1, 4, 2, 3, 2], new TopK(3))).ShouldBe([1, 2, 3, 4]);

    [Fact]
    public void TopKOfMoreThanThereAreKeepsAll() => Left(Apply([1, 4, 2], new TopK(9))).ShouldBe([0, 1, 2]);

    // 0.5 + 0.3 reach 0.75, 0.5 alone reaches 0.5 and not 0.51.
    [Theory]
    [InlineData(0.75f, new[] { 1, 3 })]
    [InlineData(0.49f, new[] { 1 })]
    [InlineData(0.51f, new[] { 1, 3 })]
    [InlineData(0.81f, new[] { 0, 1, 3 })]
    [InlineData(1f, new[] { 0, 1, 2, 3 })]
    public void TopPKeepsTheSmallestSetThatReachesIt(float p, int[] kept) =>
        Left(Apply(Logs(0.15, 0.5, 0.05, 0.3), new TopP(p))).ShouldBe(kept);

    // The bound is a share of the best: 0.5 · 0.25 = 0.125.
    [Fact]
    public void MinPIsAShareOfTheBest() => Left(Apply(Logs(0.15, 0.5, 0.05, 0.3), new MinP(0.25f))).ShouldBe([0, 1, 3]);

    [Fact]
    public void AnEpsilonAboveAllKeepsTheBest() => Left(Apply(Logs(0.3, 0.4, 0.3), new EpsilonCutoff(0.9f))).ShouldBe([1]);

    // ε = 0.09, √ε = 0.3. Flat: e^-H = 0.078, so the bound is 0.024. Steep: H(0.95, 0.05) = 0.199, √ε e^-H = 0.246, so it is ε.
    [Fact]
    public void EtaIsLowerWhereTheDistributionIsFlat()
    {
        double[] flat = [.. Enumerable.Repeat(0.08, 12), 0.04];
        Left(Apply(Logs(flat), new EtaCutoff(0.09f))).Length.ShouldBe(13);
        Left(Apply(Logs(flat), new EpsilonCutoff(0.05f))).Length.ShouldBe(12);
        Left(Apply(Logs(0.95, 0.05), new EtaCutoff(0.09f))).ShouldBe([0]);
    }

    // H = 0.898 nats; the surprises 0.511, 1.204 and 2.303 are 0.387, 0.306 and 1.405 away.
    [Fact]
    public void TypicalPKeepsTheSurpriseNearestToTheEntropy()
    {
        Left(Apply(Logs(0.6, 0.3, 0.1), new TypicalP(0.25f))).ShouldBe([1]);
        Left(Apply(Logs(0.6, 0.3, 0.1), new TypicalP(0.5f))).ShouldBe([0, 1]);
    }

    [Fact]
    public void RepetitionDividesAboveZeroMultipliesBelowAndCountsOnce() =>
        Apply([4, -4, 4], new RepetitionPenalty(2), [0, 0, 1, 99], promptLength: 2).ShouldBe([2, -8, 4]);

    [Fact]
    public void PresenceAndFrequencyLookAtTheAnswerAlone()
    {
        int[] ids = [2, 0, 0, 1];
        Apply([1, 1, 1], new PresencePenalty(0.5f), ids, promptLength: 1).ShouldBe([0.5f, 0.5f, 1]);
        Apply([1, 1, 1], new FrequencyPenalty(0.5f), ids, promptLength: 1).ShouldBe([0, 0.5f, 1]);
    }

    [Fact]
    public void NoRunOfTheSizeOccursTwice()
    {
        // "1 2" was followed by 3 and by 0.
        Left(Apply([0, 0, 0, 0, 0], new NoRepeatNgram(3), [1, 2, 3, 1, 2, 0, 1, 2])).ShouldBe([1, 2, 4]);
        Left(Apply([0, 0, 0], new NoRepeatNgram(1), [1])).ShouldBe([0, 2]);
        Left(Apply([0, 0, 0], new NoRepeatNgram(5), [1, 1])).ShouldBe([0, 1, 2]);
    }

    [Fact]
    public void WordsAreBannedWhereTheyWouldEnd()
    {
        Left(Apply([0, 0, 0, 0], new BadWords([[3], [1, 2], [0, 1]]), [5, 1])).ShouldBe([0, 1]);
        Apply([0, 0, 0], new SequenceBias([([2], 1.5f), ([1, 0], -2), ([2, 1], 9)]), [1]).ShouldBe([-2, 0, 1.5f]);
        Left(Apply([0, 0, 0], new SuppressTokens([1, 77]))).ShouldBe([0, 2]);
    }

    [Fact]
    public void TheEndWaitsForTheLeastLength()
    {
        Left(Apply([0, 0], new MinNewTokens(2, [1]), [0, 0], promptLength: 1)).ShouldBe([0]);
        Left(Apply([0, 0], new MinNewTokens(2, [1]), [0, 0, 0], promptLength: 1)).ShouldBe([0, 1]);
    }

    // Penalties come before the temperature, the temperature before the filters.
    [Fact]
    public void TheChainHasTheReferencesOrder()
    {
        float[] logits = [4, 3, -9, -9];
        Sampler sampler = new SamplingOptions { RepetitionPenalty = 2, Temperature = 0.5f, TopK = 2, Seed = 1 }.ToSampler();
        sampler.Apply(logits, [0], 1);
        logits.ShouldBe([4, 6, Out, Out]);
    }

    [Fact]
    public void DrawsFollowTheProbabilities()
    {
        Sampler sampler = new SamplingOptions { Temperature = 1, Seed = 11 }.ToSampler();
        var counts = new int[3];
        for (int i = 0; i < 20_000; i++)
        {
            counts[sampler.Next(Logs(0.2, 0.7, 0.1), [], 0)]++;
        }

        // Four standard deviations of 20,000 draws.
        counts[0].ShouldBeInRange(4000 - 227, 4000 + 227);
        counts[1].ShouldBeInRange(14_000 - 260, 14_000 + 260);
    }

    [Fact]
    public void GreedyTakesTheFirstOfEquals() => new SamplingOptions { Temperature = 0 }.ToSampler().Next([1, 5, 5], [], 0).ShouldBe(1);

    [Theory]
    [InlineData(nameof(SamplingOptions.Temperature))]
    [InlineData(nameof(SamplingOptions.TopP))]
    [InlineData(nameof(SamplingOptions.TopK))]
    [InlineData(nameof(SamplingOptions.RepetitionPenalty))]
    public void WhatIsOutOfRangeIsNamed(string option)
    {
        SamplingOptions options = option switch
        {
            nameof(SamplingOptions.Temperature) => new() { Temperature = float.NaN },
            nameof(SamplingOptions.TopP) => new() { Temperature = 1, TopP = 0 },
            nameof(SamplingOptions.TopK) => new() { Temperature = 1, TopK = -1 },
            _ => new() { RepetitionPenalty = 0 },
        };
        Should.Throw<ArgumentOutOfRangeException>(() => options.ToSampler()).ParamName.ShouldBe(option);
    }
}
