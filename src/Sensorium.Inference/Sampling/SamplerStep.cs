namespace Sensorium.Inference.Sampling;

/// <summary>What a sampler step may look at besides the logits.</summary>
/// <param name="ids">Prompt and answer so far.</param>
/// <param name="promptLength">How many of them are the prompt's.</param>
/// <param name="work">Room for the step's own use; grows once and stays.</param>
public readonly ref struct SamplerContext(ReadOnlySpan<int> ids, int promptLength, SamplerWork work)
{
    /// <summary>Prompt and answer so far.</summary>
    public ReadOnlySpan<int> Ids { get; } = ids;

    /// <summary>How many of the ids are the prompt's.</summary>
    public int PromptLength { get; } = promptLength;

    /// <summary>The answer so far.</summary>
    public ReadOnlySpan<int> Generated => Ids[PromptLength..];

    internal SamplerWork Work { get; } = work;
}

/// <summary>Buffers that the steps of one sequence share, so that sampling allocates nothing in steady state.</summary>
public sealed class SamplerWork
{
    float[] values = [];
    int[] order = [];

    internal Span<float> Values(int count)
    {
        if (values.Length < count)
        {
            values = new float[count];
        }

        return values.AsSpan(0, count);
    }

    internal Span<int> Order(int count)
    {
        if (order.Length < count)
        {
            order = new int[count];
        }

        return order.AsSpan(0, count);
    }
}

/// <summary>
/// One step of the chain from logits to the distribution that is drawn from. A token that may not be drawn gets the
/// logit -∞; no filter removes the best token.
/// </summary>
public abstract class SamplerStep
{
    /// <summary>Changes the logits in place.</summary>
    public abstract void Apply(Span<float> logits, in SamplerContext context);

    /// <summary>The index of the largest logit, of equal ones the first.</summary>
    internal static int Best(ReadOnlySpan<float> logits)
    {
        int best = 0;
        for (int i = 1; i < logits.Length; i++)
        {
            best = logits[i] > logits[best] ? i : best;
        }

        return best;
    }

    /// <summary>softmax(logits); -∞ gives 0.</summary>
    internal static void Softmax(ReadOnlySpan<float> logits, Span<float> probabilities)
    {
        float best = logits[Best(logits)];
        double sum = 0;
        for (int i = 0; i < logits.Length; i++)
        {
            float p = MathF.Exp(logits[i] - best);
            probabilities[i] = p;
            sum += p;
        }

        float scale = (float)(1 / sum);
        for (int i = 0; i < probabilities.Length; i++)
        {
            probabilities[i] *= scale;
        }
    }

    /// <summary>Bans the ids outside the vocabulary silently: a config may name more than the model has.</summary>
    internal static void Ban(Span<float> logits, int id)
    {
        if ((uint)id < (uint)logits.Length)
        {
            logits[id] = float.NegativeInfinity;
        }
    }
}
