namespace Sensorium.Inference.Sampling;

/// <summary>Tokens that occur in prompt or answer: logit / penalty where positive, else · penalty (Keskar et al. 2019).</summary>
public sealed class RepetitionPenalty(float penalty) : SamplerStep
{
    /// <inheritdoc/>
    public override void Apply(Span<float> logits, in SamplerContext context)
    {
        // Once however often a token occurs: the penalised value is computed from a copy.
        Span<float> before = context.Work.Values(logits.Length);
        logits.CopyTo(before);
        foreach (int id in context.Ids)
        {
            if ((uint)id < (uint)logits.Length)
            {
                logits[id] = before[id] > 0 ? before[id] / penalty : before[id] * penalty;
            }
        }
    }
}

/// <summary>Tokens of the answer: logit - presence, once (OpenAI's presence_penalty).</summary>
public sealed class PresencePenalty(float penalty) : SamplerStep
{
    /// <inheritdoc/>
    public override void Apply(Span<float> logits, in SamplerContext context)
    {
        Span<float> before = context.Work.Values(logits.Length);
        logits.CopyTo(before);
        foreach (int id in context.Generated)
        {
            if ((uint)id < (uint)logits.Length)
            {
                logits[id] = before[id] - penalty;
            }
        }
    }
}

/// <summary>Tokens of the answer: logit - frequency · count (OpenAI's frequency_penalty).</summary>
public sealed class FrequencyPenalty(float penalty) : SamplerStep
{
    /// <inheritdoc/>
    public override void Apply(Span<float> logits, in SamplerContext context)
    {
        foreach (int id in context.Generated)
        {
            if ((uint)id < (uint)logits.Length)
            {
                logits[id] -= penalty;
            }
        }
    }
}

/// <summary>Bans a token that would repeat a run of this many tokens (transformers NoRepeatNGramLogitsProcessor).</summary>
public sealed class NoRepeatNgram(int size) : SamplerStep
{
    /// <inheritdoc/>
    public override void Apply(Span<float> logits, in SamplerContext context)
    {
        ReadOnlySpan<int> ids = context.Ids;
        if (ids.Length + 1 < size)
        {
            return;
        }

        ReadOnlySpan<int> tail = ids[(ids.Length - size + 1)..];
        for (int i = 0; i + size <= ids.Length; i++)
        {
            if (ids.Slice(i, size - 1).SequenceEqual(tail))
            {
                Ban(logits, ids[i + size - 1]);
            }
        }
    }
}

/// <summary>Bans the last token of a sequence where the tokens before it end the text so far.</summary>
public sealed class BadWords(IReadOnlyList<int[]> sequences) : SamplerStep
{
    /// <inheritdoc/>
    public override void Apply(Span<float> logits, in SamplerContext context)
    {
        foreach (int[] sequence in sequences)
        {
            if (context.Ids.EndsWith(sequence.AsSpan(0, sequence.Length - 1)))
            {
                Ban(logits, sequence[^1]);
            }
        }
    }
}

/// <summary>Adds to the logit of a sequence's last token where the tokens before it end the text so far.</summary>
public sealed class SequenceBias(IReadOnlyList<(int[] Sequence, float Bias)> biases) : SamplerStep
{
    /// <inheritdoc/>
    public override void Apply(Span<float> logits, in SamplerContext context)
    {
        foreach ((int[] sequence, float bias) in biases)
        {
            if ((uint)sequence[^1] < (uint)logits.Length && context.Ids.EndsWith(sequence.AsSpan(0, sequence.Length - 1)))
            {
                logits[sequence[^1]] += bias;
            }
        }
    }
}

/// <summary>Bans tokens.</summary>
public sealed class SuppressTokens(IReadOnlyList<int> ids) : SamplerStep
{
    /// <inheritdoc/>
    public override void Apply(Span<float> logits, in SamplerContext context)
    {
        foreach (int id in ids)
        {
            Ban(logits, id);
        }
    }
}

/// <summary>Bans the end of the answer while it has fewer tokens than this.</summary>
public sealed class MinNewTokens(int count, IReadOnlyList<int> endIds) : SamplerStep
{
    /// <inheritdoc/>
    public override void Apply(Span<float> logits, in SamplerContext context)
    {
        if (context.Generated.Length < count)
        {
            foreach (int id in endIds)
            {
                Ban(logits, id);
            }
        }
    }
}
