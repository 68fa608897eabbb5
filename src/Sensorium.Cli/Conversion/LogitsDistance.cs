using Sensorium.Models.Backbones;
using Sensorium.Models.Loading;
using Sensorium.Tensors;
using Sensorium.Tensors.Cpu;

namespace Sensorium.Cli.Conversion;

/// <summary>How far the logits of two checkpoints of one model are apart, over a short text.</summary>
/// <param name="Tokens">Tokens of the text.</param>
/// <param name="Rms">Root of the mean squared difference.</param>
/// <param name="Largest">The largest difference.</param>
/// <param name="SameBest">At how many tokens both have the same best next token.</param>
/// <param name="Spread">Standard deviation of the first one's logits, to measure the others by.</param>
sealed record LogitsDistance(int Tokens, double Rms, double Largest, int SameBest, double Spread)
{
    const string Text = "The lighthouse keeper counted twelve ships before the storm, and wrote their names in a small red book.";

    /// <summary>Runs both, one after the other, in Exact mode.</summary>
    /// <returns>Null where they are no language models.</returns>
    public static LogitsDistance? Measure(string before, string after, CancellationToken cancellation)
    {
        using var device = new CpuDevice();
        int[] ids = Ids(before);
        if (Logits(before, ids, device, cancellation) is not { } first || Logits(after, ids, device, cancellation) is not { } second || first.Length != second.Length)
        {
            return null;
        }

        int width = first.Length / ids.Length, same = 0;
        for (int token = 0; token < ids.Length; token++)
        {
            same += Best(first.AsSpan(token * width, width)) == Best(second.AsSpan(token * width, width)) ? 1 : 0;
        }

        double mean = first.Average(value => (double)value);
        return new LogitsDistance(
            ids.Length,
            Math.Sqrt(first.Zip(second, (a, b) => ((double)a - b) * ((double)a - b)).Average()),
            first.Zip(second, (a, b) => Math.Abs((double)a - b)).Max(),
            same,
            Math.Sqrt(first.Average(value => (value - mean) * (value - mean))));
    }

    static int[] Ids(string path)
    {
        using ModelFiles files = ModelFiles.Open(path);
        int size = files.Config.IntOr("vocab_size", 2), context = files.Config.IntOr("max_position_embeddings", files.Config.IntOr("n_positions", 32));

        // Without a tokenizer any ids will do, as long as they are always the same.
        int[] ids = files.ReadTokenizer() is { } tokenizer ? tokenizer.EncodeIds(Text) : [.. Enumerable.Range(0, 24).Select(i => (int)((i + 1) * 2654435761L % size))];
        return [.. ids.Take(context)];
    }

    static float[]? Logits(string path, int[] ids, CpuDevice device, CancellationToken cancellation)
    {
        if (ModelLoader.Load(path, device, cancellation: cancellation).Model is not Backbone backbone)
        {
            return null;
        }

        using Compute c = device.NewCompute(Numerics.Exact);
        Tensor normed = backbone.Norm(c, backbone.Forward(c, backbone.Embed(c, ids), Plan.Of(causal: true, ids.Length)));
        Tensor logits = backbone.Logits(c, normed);
        float[] values = new float[checked((int)(logits.Rows * logits.Columns))];
        c.Read(logits, values);
        return values;
    }

    static int Best(ReadOnlySpan<float> logits)
    {
        int best = 0;
        for (int i = 1; i < logits.Length; i++)
        {
            best = logits[i] > logits[best] ? i : best;
        }

        return best;
    }
}
