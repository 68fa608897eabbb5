namespace Sensorium.Inference.Sampling;

/// <summary>
/// A chain of steps and a draw, for one sequence: its random state belongs to the sequence, so an answer depends on its
/// seed alone and not on who else is asking.
/// </summary>
public sealed class Sampler
{
    readonly SamplerStep[] steps;
    readonly SamplerWork work = new();
    ulong state;

    /// <param name="steps">Applied in this order.</param>
    /// <param name="greedy">Take the best token instead of drawing.</param>
    /// <param name="seed">Where the random numbers start.</param>
    public Sampler(IEnumerable<SamplerStep> steps, bool greedy, ulong seed)
    {
        this.steps = [.. steps];
        IsGreedy = greedy;
        state = seed;
    }

    /// <summary>Takes the best token instead of drawing.</summary>
    public bool IsGreedy { get; }

    /// <summary>True where the best of the raw logits is the answer: the logits need not be looked at otherwise.</summary>
    public bool IsPlainArgMax => IsGreedy && steps.Length == 0;

    /// <summary>Draws the next token; the logits are changed.</summary>
    public int Next(Span<float> logits, ReadOnlySpan<int> ids, int promptLength)
    {
        Apply(logits, ids, promptLength);
        if (IsGreedy)
        {
            return SamplerStep.Best(logits);
        }

        Span<float> probabilities = work.Values(logits.Length);
        SamplerStep.Softmax(logits, probabilities);
        double target = NextUnit();
        double sum = 0;
        int last = 0;
        for (int i = 0; i < probabilities.Length; i++)
        {
            if (probabilities[i] > 0)
            {
                last = i;
                sum += probabilities[i];
                if (sum > target)
                {
                    return i;
                }
            }
        }

        return last;
    }

    /// <summary>Applies the steps.</summary>
    public void Apply(Span<float> logits, ReadOnlySpan<int> ids, int promptLength)
    {
        var context = new SamplerContext(ids, promptLength, work);
        foreach (SamplerStep step in steps)
        {
            step.Apply(logits, context);
        }
    }

    /// <summary>A number in [0, 1) (SplitMix64, Steele et al. 2014).</summary>
    double NextUnit()
    {
        state += 0x9E3779B97F4A7C15;
        ulong z = state;
        z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9;
        z = (z ^ (z >> 27)) * 0x94D049BB133111EB;
        z ^= z >> 31;
        return (z >> 11) * (1.0 / (1UL << 53));
    }
}
