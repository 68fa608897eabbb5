namespace Sensorium.Tensors.Cpu.Attention;

/// <summary>
/// What one worker needs for a tile of attention: the queries of some neighbouring tokens for all heads that share a
/// key/value head, and the running softmax. Query rows are token-major: row t · group + g. They are padded to a multiple
/// of <see cref="RowBlock"/> with rows that see nothing.
/// </summary>
unsafe struct AttentionTile
{
    /// <summary>Query rows that the kernels take together.</summary>
    public const int RowBlock = 4;

    /// <summary>Query rows that a tile aims at: enough to use a page of keys well, few enough to stay in the cache.</summary>
    public const int TargetRows = 64;

    /// <summary>Pages whose softmax is run through in one go. Parts of so many pages are merged in order, whoever computed them.</summary>
    public const int PartPages = 4;

    /// <summary>Numbers in a key and in a value.</summary>
    public int KeySize, ValueSize;

    /// <summary>Numbers from a row of weighted sums to the next.</summary>
    public int Stride;

    /// <summary>Query rows, and with padding.</summary>
    public int Rows, PaddedRows;

    /// <summary>Where each query row starts and ends to see, [PaddedRows].</summary>
    public int* Starts, Ends;

    /// <summary>[PaddedRows, KeySize], scaled.</summary>
    public float* Queries;

    /// <summary>[PaddedRows, PageRows]: scores, then weights.</summary>
    public float* Scores;

    /// <summary>For each query row what is added to the score of key 0, 1, …; null where nothing is.</summary>
    public float** Bias;

    /// <summary>Scores become cap · tanh(score / cap); 0: they do not.</summary>
    public float SoftCap;

    /// <summary>Room for a head's keys and values of a page, where pages hold float16.</summary>
    public float* Widened;

    /// <summary>Room for a number a query row.</summary>
    public float* Factors;
}

/// <summary>A running softmax: for each query row the largest score so far, the sum of the weights and the weighted sum of values.</summary>
unsafe struct AttentionState
{
    public float* Largest;
    public float* Weights;
    public float* Sums;

    /// <summary>Nothing yet, for so many rows.</summary>
    public readonly void Clear(int paddedRows, int stride)
    {
        new Span<float>(Sums, paddedRows * stride).Clear();
        new Span<float>(Weights, paddedRows).Clear();
        new Span<float>(Largest, paddedRows).Fill(float.NegativeInfinity);
    }

    /// <summary>Floats that a state takes.</summary>
    public static nint Size(int paddedRows, int stride) => (nint)paddedRows * (stride + 2);

    public static AttentionState At(float* memory, int paddedRows, int stride) => new()
    {
        Sums = memory,
        Largest = memory + (nint)paddedRows * stride,
        Weights = memory + (nint)paddedRows * (stride + 1),
    };
}
