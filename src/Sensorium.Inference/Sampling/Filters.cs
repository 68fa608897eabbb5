namespace Sensorium.Inference.Sampling;

/// <summary>Logits / temperature.</summary>
public sealed class Temperature(float temperature) : SamplerStep
{
    /// <inheritdoc/>
    public override void Apply(Span<float> logits, in SamplerContext context)
    {
        for (int i = 0; i < logits.Length; i++)
        {
            logits[i] /= temperature;
        }
    }
}

/// <summary>Keeps the k best tokens and all that equal the k-th (Fan et al. 2018).</summary>
public sealed class TopK(int k) : SamplerStep
{
    /// <inheritdoc/>
    public override void Apply(Span<float> logits, in SamplerContext context)
    {
        if (k >= logits.Length)
        {
            return;
        }

        // A heap of the k best so far, its least on top.
        Span<float> heap = context.Work.Values(logits.Length)[..k];
        logits[..k].CopyTo(heap);
        for (int i = k / 2 - 1; i >= 0; i--)
        {
            SiftDown(heap, i);
        }

        for (int i = k; i < logits.Length; i++)
        {
            if (logits[i] > heap[0])
            {
                heap[0] = logits[i];
                SiftDown(heap, 0);
            }
        }

        float least = heap[0];
        for (int i = 0; i < logits.Length; i++)
        {
            if (logits[i] < least)
            {
                logits[i] = float.NegativeInfinity;
            }
        }
    }

    static void SiftDown(Span<float> heap, int at)
    {
        while (true)
        {
            int child = 2 * at + 1;
            if (child >= heap.Length)
            {
                return;
            }

            if (child + 1 < heap.Length && heap[child + 1] < heap[child])
            {
                child++;
            }

            if (heap[at] <= heap[child])
            {
                return;
            }

            (heap[at], heap[child]) = (heap[child], heap[at]);
            at = child;
        }
    }
}

/// <summary>Keeps the smallest set of best tokens whose probabilities reach p together (Holtzman et al. 2020).</summary>
public sealed class TopP(float p) : SamplerStep
{
    /// <inheritdoc/>
    public override void Apply(Span<float> logits, in SamplerContext context)
    {
        if (p >= 1)
        {
            return;
        }

        Span<float> values = context.Work.Values(logits.Length);
        Softmax(logits, values);
        Span<int> order = Candidates.InOrder(values, context.Work, ascending: false);
        double sum = 0;
        int kept = 0;
        while (kept < order.Length && (sum < p || kept == 0))
        {
            sum += values[kept++];
        }

        foreach (int id in order[kept..])
        {
            logits[id] = float.NegativeInfinity;
        }
    }
}

/// <summary>Keeps tokens at least min_p times as likely as the best (Nguyen et al. 2024).</summary>
public sealed class MinP(float share) : SamplerStep
{
    /// <inheritdoc/>
    public override void Apply(Span<float> logits, in SamplerContext context)
    {
        Span<float> values = context.Work.Values(logits.Length);
        Softmax(logits, values);
        Candidates.RemoveBelow(logits, values, share * values[Best(logits)]);
    }
}

/// <summary>Keeps tokens of at least this probability (Hewitt et al. 2022).</summary>
public sealed class EpsilonCutoff(float epsilon) : SamplerStep
{
    /// <inheritdoc/>
    public override void Apply(Span<float> logits, in SamplerContext context)
    {
        Span<float> values = context.Work.Values(logits.Length);
        Softmax(logits, values);
        Candidates.RemoveBelow(logits, values, epsilon);
    }
}

/// <summary>Like the epsilon cutoff, lower where the distribution is flat: min(ε, √ε · e^-entropy) (Hewitt et al. 2022).</summary>
public sealed class EtaCutoff(float epsilon) : SamplerStep
{
    /// <inheritdoc/>
    public override void Apply(Span<float> logits, in SamplerContext context)
    {
        Span<float> values = context.Work.Values(logits.Length);
        Softmax(logits, values);
        double eta = Math.Min(epsilon, Math.Sqrt(epsilon) * Math.Exp(-Candidates.Entropy(values)));
        Candidates.RemoveBelow(logits, values, (float)eta);
    }
}

/// <summary>Keeps the tokens whose surprise is nearest to the entropy, until their probabilities reach p together (Meister et al. 2023).</summary>
public sealed class TypicalP(float p) : SamplerStep
{
    /// <inheritdoc/>
    public override void Apply(Span<float> logits, in SamplerContext context)
    {
        Span<float> values = context.Work.Values(2 * logits.Length);
        Span<float> probabilities = values[..logits.Length];
        Span<float> distances = values[logits.Length..];
        Softmax(logits, probabilities);
        double entropy = Candidates.Entropy(probabilities);
        for (int i = 0; i < distances.Length; i++)
        {
            distances[i] = probabilities[i] > 0 ? (float)Math.Abs(-Math.Log(probabilities[i]) - entropy) : float.PositiveInfinity;
        }

        Span<int> order = Candidates.InOrder(distances, context.Work, ascending: true);
        double sum = 0;
        int kept = 0;
        while (kept < order.Length && (sum < p || kept == 0))
        {
            sum += probabilities[order[kept++]];
        }

        foreach (int id in order[kept..])
        {
            logits[id] = float.NegativeInfinity;
        }
    }
}

/// <summary>What the filters have in common.</summary>
static class Candidates
{
    /// <summary>Sorts the values and gives the indices that they had.</summary>
    public static Span<int> InOrder(Span<float> values, SamplerWork work, bool ascending)
    {
        Span<int> order = work.Order(values.Length);
        for (int i = 0; i < order.Length; i++)
        {
            order[i] = i;
            values[i] = ascending ? values[i] : -values[i];
        }

        values.Sort(order);
        if (!ascending)
        {
            for (int i = 0; i < values.Length; i++)
            {
                values[i] = -values[i];
            }
        }

        return order;
    }

    /// <summary>Removes tokens less likely than the bound, but never the best.</summary>
    public static void RemoveBelow(Span<float> logits, ReadOnlySpan<float> probabilities, float bound)
    {
        float best = logits[SamplerStep.Best(logits)];
        for (int i = 0; i < logits.Length; i++)
        {
            if (probabilities[i] < bound && logits[i] < best)
            {
                logits[i] = float.NegativeInfinity;
            }
        }
    }

    /// <summary>-Σ p ln p in nats.</summary>
    public static double Entropy(ReadOnlySpan<float> probabilities)
    {
        double entropy = 0;
        foreach (float p in probabilities)
        {
            entropy -= p > 0 ? p * Math.Log(p) : 0;
        }

        return entropy;
    }
}
