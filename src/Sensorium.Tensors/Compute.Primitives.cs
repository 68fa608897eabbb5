namespace Sensorium.Tensors;

/// <summary>The primitive operations: what every device and every tape must have.</summary>
public abstract partial class Compute
{
    /// <summary>Copies numbers from the host, <c>[rows, columns]</c>.</summary>
    /// <exception cref="ArgumentException">The span has another length.</exception>
    public abstract Tensor FromHost(ReadOnlySpan<float> values, nint rows, nint columns);

    /// <summary>Copies a tensor's numbers to the host, row after row: the only way to see them.</summary>
    /// <exception cref="ArgumentException">The span has another length.</exception>
    public abstract void Read(Tensor x, Span<float> destination);

    /// <summary>Rows of a table by id: <c>[ids, width]</c>.</summary>
    /// <exception cref="ArgumentOutOfRangeException">An id is not in the table.</exception>
    public abstract Tensor Embed(Weight table, ReadOnlySpan<int> ids);

    /// <summary>x Wᵀ: <c>[rows, in]</c> by <c>[out, in]</c> to <c>[rows, out]</c>. The weight may be a stack.</summary>
    public abstract Tensor MatMul(Tensor x, Weight weight);

    /// <summary>a b, or a bᵀ where <paramref name="transposed"/>: both are activations.</summary>
    public abstract Tensor MatMul(Tensor a, Tensor b, bool transposed = false);

    /// <summary>a + b; b has as many rows as a, or one that is added to each.</summary>
    public abstract Tensor Add(Tensor a, Tensor b);

    /// <summary>a - b; b has as many rows as a, or one.</summary>
    public abstract Tensor Subtract(Tensor a, Tensor b);

    /// <summary>a · b, element by element; b has as many rows as a, or one.</summary>
    public abstract Tensor Multiply(Tensor a, Tensor b);

    /// <summary>a / b, element by element; b has as many rows as a, or one.</summary>
    public abstract Tensor Divide(Tensor a, Tensor b);

    /// <summary>x · factor + offset.</summary>
    public abstract Tensor Affine(Tensor x, float factor, float offset = 0);

    /// <summary>An element-wise function.</summary>
    public abstract Tensor Activate(Tensor x, Activation activation);

    /// <summary>A vector weight as a tensor: <c>[1, n]</c>, or <c>[rows, columns]</c> where it has two dimensions or more (the first is the rows).</summary>
    public abstract Tensor Load(Weight vector);

    /// <summary>Softmax over each row.</summary>
    public abstract Tensor Softmax(Tensor x);

    /// <summary>
    /// Softmax over each row's columns [starts[row], ends[row]); the others become zero, and so does a row that has none.
    /// </summary>
    public abstract Tensor SoftmaxWithin(Tensor x, ReadOnlySpan<int> starts, ReadOnlySpan<int> ends);

    /// <summary>x / sqrt(mean(x²) + epsilon) · (weight + offset) over groups of weight-many columns (the whole row, or each head). Zhang and Sennrich 2019.</summary>
    /// <param name="x">[rows, columns], columns a multiple of the weight's length.</param>
    /// <param name="weight">[columns] or [head size]; null: no weight.</param>
    /// <param name="epsilon">Added to the mean square.</param>
    /// <param name="offset">Added to the weight (Gemma: 1).</param>
    public abstract Tensor RmsNorm(Tensor x, Weight? weight, float epsilon, float offset = 0);

    /// <summary>(x - mean) / sqrt(variance + epsilon) · weight + bias over each row (Ba et al. 2016); weight and bias may be null.</summary>
    public abstract Tensor LayerNorm(Tensor x, Weight? weight, Weight? bias, float epsilon);

    /// <summary>Batch norm with running statistics, per channel.</summary>
    public abstract Tensor BatchNorm(Tensor x, BatchNormWeights norm);

    /// <summary>Rotates the first 2 · Pairs numbers of each head by the row's position.</summary>
    /// <param name="x">[rows, heads · headSize]</param>
    /// <param name="plan">The positions.</param>
    /// <param name="rope">The angles.</param>
    /// <param name="headSize">Numbers in a head.</param>
    public abstract Tensor Rope(Tensor x, Plan plan, RopeTable rope, int headSize);

    /// <summary>Columns of tensors with the same rows, side by side.</summary>
    public abstract Tensor Concat(params ReadOnlySpan<Tensor> parts);

    /// <summary>Rows of tensors with the same columns, end to end.</summary>
    public abstract Tensor ConcatRows(params ReadOnlySpan<Tensor> parts);

    /// <summary>The rows of x with these indices, in this order; -1 gives a row of zeros.</summary>
    public abstract Tensor Gather(Tensor x, ReadOnlySpan<int> rows);

    /// <summary>A copy of x in which row rows[i] is row i of <paramref name="values"/>.</summary>
    public abstract Tensor Scatter(Tensor x, Tensor values, ReadOnlySpan<int> rows);

    /// <summary>For each run of rows the mean, <c>[lengths, columns]</c>: pooling over pictures or texts.</summary>
    public abstract Tensor MeanRows(Tensor x, ReadOnlySpan<int> lengths);

    /// <summary>For each row the index of its largest number (of equal ones the first): <c>[rows, 1]</c> of I32.</summary>
    public abstract Tensor ArgMax(Tensor x);

    /// <summary>Copies ids to the host.</summary>
    public abstract void ReadIds(Tensor x, Span<int> destination);

    /// <summary>Convolution over height and width, channels last; groups = channels / weight's input channels. Nothing follows it.</summary>
    /// <param name="x">Maps with in channels.</param>
    /// <param name="weight">[out, in / groups, kernel height, kernel width]</param>
    /// <param name="window">Kernel, stride and padding.</param>
    public abstract FeatureMaps Convolve(FeatureMaps x, Weight weight, in Window window);

    /// <summary>The mean over windows; padding does not count.</summary>
    public abstract FeatureMaps AveragePool(FeatureMaps x, in Window window);

    /// <summary>The largest number in each window.</summary>
    public abstract FeatureMaps MaxPool(FeatureMaps x, in Window window);

    /// <summary>Pools each map to height × width means, bins as PyTorch's adaptive_avg_pool2d cuts them (they may overlap).</summary>
    public abstract FeatureMaps AdaptiveAveragePool(FeatureMaps x, int height, int width);

    /// <summary>
    /// Writes the plan's keys and values to its sequences' pages: a change of state. The pages must have been reserved.
    /// </summary>
    /// <param name="plan">A plan with pages.</param>
    /// <param name="layer">The layer within the pages.</param>
    /// <param name="keys">[rows, KvHeads · KeySize]</param>
    /// <param name="values">[rows, KvHeads · ValueSize]</param>
    public abstract void Append(Plan plan, int layer, Tensor keys, Tensor values);

    /// <summary>What the first <paramref name="length"/> tokens of a sequence left in its pages: keys <c>[length, KvHeads · KeySize]</c> and values.</summary>
    /// <param name="pool">Whose pages they are.</param>
    /// <param name="pages">The sequence's; null only for no tokens at all.</param>
    /// <param name="layer">The layer within the pages.</param>
    /// <param name="length">Tokens, those of the present pass included.</param>
    public abstract (Tensor Keys, Tensor Values) ReadPages(KvPool pool, PageTable? pages, int layer, int length);
}
