namespace Sensorium.Inference.Sampling;

/// <summary>
/// How the next token is chosen, under the names that checkpoints and APIs use. Null: the step is not taken. Without a
/// temperature the best token is taken.
/// </summary>
public sealed record SamplingOptions
{
    /// <summary>Divides the logits; null or 0: greedy.</summary>
    public float? Temperature { get; init; }

    /// <summary>Keep the k best.</summary>
    public int? TopK { get; init; }

    /// <summary>Keep the best that reach p together.</summary>
    public float? TopP { get; init; }

    /// <summary>Keep what is at least this share as likely as the best.</summary>
    public float? MinP { get; init; }

    /// <summary>Keep the most typical that reach p together.</summary>
    public float? TypicalP { get; init; }

    /// <summary>Divides or multiplies the logits of tokens that occurred.</summary>
    public float? RepetitionPenalty { get; init; }

    /// <summary>Subtracted from tokens that the answer has.</summary>
    public float? PresencePenalty { get; init; }

    /// <summary>Subtracted for each time that the answer has a token.</summary>
    public float? FrequencyPenalty { get; init; }

    /// <summary>No run of this many tokens occurs twice.</summary>
    public int? NoRepeatNgramSize { get; init; }

    /// <summary>Where random numbers start; null: anywhere.</summary>
    public long? Seed { get; init; }

    /// <summary>What a checkpoint asks for: nothing but its penalty where it does not draw.</summary>
    public static SamplingOptions Of(Models.Systems.GenerationConfig config) => config.DoSample
        ? new()
        {
            Temperature = config.Temperature ?? 1,
            TopK = config.TopK,
            TopP = config.TopP,
            MinP = config.MinP,
            RepetitionPenalty = config.RepetitionPenalty,
        }
        : new() { RepetitionPenalty = config.RepetitionPenalty };

    /// <summary>These options where they say something, else the other's.</summary>
    public SamplingOptions Or(SamplingOptions other) => new()
    {
        Temperature = Temperature ?? other.Temperature,
        TopK = TopK ?? other.TopK,
        TopP = TopP ?? other.TopP,
        MinP = MinP ?? other.MinP,
        TypicalP = TypicalP ?? other.TypicalP,
        RepetitionPenalty = RepetitionPenalty ?? other.RepetitionPenalty,
        PresencePenalty = PresencePenalty ?? other.PresencePenalty,
        FrequencyPenalty = FrequencyPenalty ?? other.FrequencyPenalty,
        NoRepeatNgramSize = NoRepeatNgramSize ?? other.NoRepeatNgramSize,
        Seed = Seed ?? other.Seed,
    };

    /// <summary>The chain, in the reference's order: penalties, temperature, filters (transformers GenerationMixin).</summary>
    /// <exception cref="ArgumentOutOfRangeException">A value is outside its range; the option is named.</exception>
    public Sampler ToSampler()
    {
        Check(Temperature is null or (>= 0 and <= 100), nameof(Temperature), Temperature, "0 to 100");
        Check(TopK is null or >= 0, nameof(TopK), TopK, "0 (off) or more");
        Check(TopP is null or (> 0 and <= 1), nameof(TopP), TopP, "above 0, up to 1");
        Check(MinP is null or (>= 0 and <= 1), nameof(MinP), MinP, "0 to 1");
        Check(TypicalP is null or (> 0 and <= 1), nameof(TypicalP), TypicalP, "above 0, up to 1");
        Check(RepetitionPenalty is null or (> 0 and <= 100), nameof(RepetitionPenalty), RepetitionPenalty, "above 0, up to 100");
        Check(PresencePenalty is null or (>= -100 and <= 100), nameof(PresencePenalty), PresencePenalty, "-100 to 100");
        Check(FrequencyPenalty is null or (>= -100 and <= 100), nameof(FrequencyPenalty), FrequencyPenalty, "-100 to 100");
        Check(NoRepeatNgramSize is null or >= 0, nameof(NoRepeatNgramSize), NoRepeatNgramSize, "0 (off) or more");
        bool greedy = Temperature is null or 0;
        var steps = new List<SamplerStep>();
        if (RepetitionPenalty is { } repetition && repetition != 1)
        {
            steps.Add(new RepetitionPenalty(repetition));
        }

        if (PresencePenalty is { } presence && presence != 0)
        {
            steps.Add(new PresencePenalty(presence));
        }

        if (FrequencyPenalty is { } frequency && frequency != 0)
        {
            steps.Add(new FrequencyPenalty(frequency));
        }

        if (NoRepeatNgramSize is { } size && size != 0)
        {
            steps.Add(new NoRepeatNgram(size));
        }

        if (!greedy)
        {
            AddFilters(steps);
        }

        return new Sampler(steps, greedy, (ulong)(Seed ?? Random.Shared.NextInt64()));
    }

    void AddFilters(List<SamplerStep> steps)
    {
        if (Temperature is { } temperature && temperature != 1)
        {
            steps.Add(new Temperature(temperature));
        }

        if (TopK is { } k && k != 0)
        {
            steps.Add(new TopK(k));
        }

        if (TopP is { } p && p < 1)
        {
            steps.Add(new TopP(p));
        }

        if (MinP is { } min && min > 0)
        {
            steps.Add(new MinP(min));
        }

        if (TypicalP is { } typical && typical < 1)
        {
            steps.Add(new TypicalP(typical));
        }
    }

    static void Check(bool holds, string name, object? value, string range)
    {
        if (!holds)
        {
            throw new ArgumentOutOfRangeException(name, value, $"{name} is {range}");
        }
    }
}
