using Sensorium.Tensors;

namespace Sensorium.Models.Layers;

/// <summary>A way to make one vector of a text's rows.</summary>
public enum PoolingKind
{
    /// <summary>The first row ([CLS], &lt;s&gt;).</summary>
    First,

    /// <summary>The largest number of each channel.</summary>
    Max,

    /// <summary>The mean over all rows.</summary>
    Mean,

    /// <summary>The sum divided by the square root of the number of rows.</summary>
    MeanSqrtLength,

    /// <summary>The mean in which the n-th row counts n times (Muennighoff 2022).</summary>
    WeightedMean,

    /// <summary>The last row.</summary>
    Last,
}

/// <summary>Makes one vector of the rows of each text; several kinds stand side by side in the order given (sentence-transformers Pooling).</summary>
/// <param name="kinds">One or more.</param>
public sealed class Pooling(params PoolingKind[] kinds)
{
    /// <summary>The kinds in the order in which their vectors stand side by side.</summary>
    public IReadOnlyList<PoolingKind> Kinds => kinds;

    /// <param name="c">The context to compute in.</param>
    /// <param name="x">The rows of all texts end to end, [rows, hidden].</param>
    /// <param name="lengths">Rows of each text, one at least.</param>
    /// <returns>[texts, kinds · hidden]</returns>
    public Tensor Forward(Compute c, Tensor x, ReadOnlySpan<int> lengths)
    {
        var vectors = new Tensor[kinds.Length];
        for (int i = 0; i < kinds.Length; i++)
        {
            vectors[i] = Pool(c, x, lengths, kinds[i]);
        }

        return vectors.Length == 1 ? vectors[0] : c.Concat(vectors);
    }

    static Tensor Pool(Compute c, Tensor x, ReadOnlySpan<int> lengths, PoolingKind kind)
    {
        switch (kind)
        {
            case PoolingKind.Mean:
                return c.MeanRows(x, lengths);
            case PoolingKind.First or PoolingKind.Last:
                return c.Gather(x, Ends(lengths, kind == PoolingKind.Last));
        }

        // The kinds that hardly any checkpoint has: text by text, so that none of them sees another's rows.
        var pooled = new Tensor[lengths.Length];
        int first = 0;
        for (int i = 0; i < pooled.Length; i++)
        {
            pooled[i] = PoolOne(c, x.SliceRows(first, lengths[i]), kind);
            first += lengths[i];
        }

        return c.ConcatRows(pooled);
    }

    static Tensor PoolOne(Compute c, Tensor x, PoolingKind kind)
    {
        int rows = (int)x.Rows;
        if (kind == PoolingKind.Max)
        {
            return c.MaxPool(new FeatureMaps(x, new Grid((1, rows, 1))), new Window(rows, 1)).Rows;
        }

        var shares = new float[rows];
        for (int row = 0; row < rows; row++)
        {
            shares[row] = kind == PoolingKind.MeanSqrtLength ? 1 / MathF.Sqrt(rows) : (float)((row + 1) / (rows * (rows + 1.0) / 2));
        }

        return c.MatMul(c.FromHost(shares, 1, rows), x);
    }

    static int[] Ends(ReadOnlySpan<int> lengths, bool last)
    {
        var rows = new int[lengths.Length];
        int first = 0;
        for (int i = 0; i < rows.Length; i++)
        {
            rows[i] = last ? first + lengths[i] - 1 : first;
            first += lengths[i];
        }

        return rows;
    }
}
