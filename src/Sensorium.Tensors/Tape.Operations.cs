namespace Sensorium.Tensors;

public sealed partial class Tape
{
    /// <inheritdoc/>
    public override Tensor FromHost(ReadOnlySpan<float> values, nint rows, nint columns) => inner.FromHost(values, rows, columns);

    /// <inheritdoc/>
    public override void Read(Tensor x, Span<float> destination) => inner.Read(x, destination);

    /// <inheritdoc/>
    public override void ReadIds(Tensor x, Span<int> destination) => inner.ReadIds(x, destination);

    /// <inheritdoc/>
    public override Tensor Embed(Weight table, ReadOnlySpan<int> ids)
    {
        int[] kept = ids.ToArray();
        return Record(nameof(Embed), (c, _) => c.Embed(table, kept));
    }

    /// <inheritdoc/>
    public override Tensor MatMul(Tensor x, Weight weight) => Record(nameof(MatMul), (c, i) => c.MatMul(i[0], weight), x);

    /// <inheritdoc/>
    public override Tensor MatMul(Tensor a, Tensor b, bool transposed = false) =>
        Record(nameof(MatMul), (c, i) => c.MatMul(i[0], i[1], transposed), a, b);

    /// <inheritdoc/>
    public override Tensor Linear(Tensor x, Weight weight, in Epilogue epilogue = default)
    {
        Epilogue kept = epilogue;
        return Record(nameof(Linear), (c, i) => c.Linear(i[0], weight, kept), x, epilogue.Residual);
    }

    /// <inheritdoc/>
    public override Tensor Gate(Tensor gateUp, Activation activation) =>
        Record(nameof(Gate), (c, i) => c.Gate(i[0], activation), gateUp);

    /// <inheritdoc/>
    public override Tensor Add(Tensor a, Tensor b) => Record(nameof(Add), static (c, i) => c.Add(i[0], i[1]), a, b);

    /// <inheritdoc/>
    public override Tensor Subtract(Tensor a, Tensor b) => Record(nameof(Subtract), static (c, i) => c.Subtract(i[0], i[1]), a, b);

    /// <inheritdoc/>
    public override Tensor Multiply(Tensor a, Tensor b) => Record(nameof(Multiply), static (c, i) => c.Multiply(i[0], i[1]), a, b);

    /// <inheritdoc/>
    public override Tensor Divide(Tensor a, Tensor b) => Record(nameof(Divide), static (c, i) => c.Divide(i[0], i[1]), a, b);

    /// <inheritdoc/>
    public override Tensor Affine(Tensor x, float factor, float offset = 0) =>
        Record(nameof(Affine), (c, i) => c.Affine(i[0], factor, offset), x);

    /// <inheritdoc/>
    public override Tensor Activate(Tensor x, Activation activation) =>
        Record(nameof(Activate), (c, i) => c.Activate(i[0], activation), x);

    /// <summary>A copy of a vector weight: a replay must not write into the weight itself.</summary>
    public override Tensor Load(Weight vector) => Record(nameof(Load), (c, _) => c.Affine(c.Load(vector), 1));

    /// <inheritdoc/>
    public override Tensor Softmax(Tensor x) => Record(nameof(Softmax), static (c, i) => c.Softmax(i[0]), x);

    /// <inheritdoc/>
    public override Tensor SoftmaxWithin(Tensor x, ReadOnlySpan<int> starts, ReadOnlySpan<int> ends)
    {
        int[] from = starts.ToArray();
        int[] to = ends.ToArray();
        return Record(nameof(SoftmaxWithin), (c, i) => c.SoftmaxWithin(i[0], from, to), x);
    }

    /// <inheritdoc/>
    public override Tensor RmsNorm(Tensor x, Weight? weight, float epsilon, float offset = 0) =>
        Record(nameof(RmsNorm), (c, i) => c.RmsNorm(i[0], weight, epsilon, offset), x);

    /// <inheritdoc/>
    public override Tensor LayerNorm(Tensor x, Weight? weight, Weight? bias, float epsilon) =>
        Record(nameof(LayerNorm), (c, i) => c.LayerNorm(i[0], weight, bias, epsilon), x);

    /// <inheritdoc/>
    public override Tensor BatchNorm(Tensor x, BatchNormWeights norm) => Record(nameof(BatchNorm), (c, i) => c.BatchNorm(i[0], norm), x);

    /// <inheritdoc/>
    public override Tensor Rope(Tensor x, Plan plan, RopeTable rope, int headSize) =>
        Record(nameof(Rope), (c, i) => c.Rope(i[0], plan, rope, headSize), x);

    /// <inheritdoc/>
    public override Tensor Concat(params ReadOnlySpan<Tensor> parts) =>
        Record(nameof(Concat), static (c, i) => c.Concat(i), parts.ToArray());

    /// <inheritdoc/>
    public override Tensor ConcatRows(params ReadOnlySpan<Tensor> parts) =>
        Record(nameof(ConcatRows), static (c, i) => c.ConcatRows(i), parts.ToArray());

    /// <inheritdoc/>
    public override Tensor Gather(Tensor x, ReadOnlySpan<int> rows)
    {
        int[] kept = rows.ToArray();
        return Record(nameof(Gather), (c, i) => c.Gather(i[0], kept), x);
    }

    /// <inheritdoc/>
    public override Tensor Scatter(Tensor x, Tensor values, ReadOnlySpan<int> rows)
    {
        int[] kept = rows.ToArray();
        return Record(nameof(Scatter), (c, i) => c.Scatter(i[0], i[1], kept), x, values);
    }

    /// <inheritdoc/>
    public override Tensor MeanRows(Tensor x, ReadOnlySpan<int> lengths)
    {
        int[] kept = lengths.ToArray();
        return Record(nameof(MeanRows), (c, i) => c.MeanRows(i[0], kept), x);
    }

    /// <inheritdoc/>
    public override Tensor ArgMax(Tensor x) => Record(nameof(ArgMax), static (c, i) => c.ArgMax(i[0]), x);

    /// <inheritdoc/>
    public override FeatureMaps Convolve(FeatureMaps x, Weight weight, in Window window)
    {
        Window kept = window;
        return new(Record(nameof(Convolve), (c, i) => c.Convolve(x.With(i[0]), weight, kept).Rows, x.Rows), x.Grid.After(window));
    }

    /// <inheritdoc/>
    public override FeatureMaps AveragePool(FeatureMaps x, in Window window)
    {
        Window kept = window;
        return new(Record(nameof(AveragePool), (c, i) => c.AveragePool(x.With(i[0]), kept).Rows, x.Rows), x.Grid.After(window));
    }

    /// <inheritdoc/>
    public override FeatureMaps MaxPool(FeatureMaps x, in Window window)
    {
        Window kept = window;
        return new(Record(nameof(MaxPool), (c, i) => c.MaxPool(x.With(i[0]), kept).Rows, x.Rows), x.Grid.After(window));
    }

    /// <inheritdoc/>
    public override FeatureMaps AdaptiveAveragePool(FeatureMaps x, int height, int width) =>
        new(Record(nameof(AdaptiveAveragePool), (c, i) => c.AdaptiveAveragePool(x.With(i[0]), height, width).Rows, x.Rows), x.Grid.Pooled(height, width));

    /// <summary>Passed on and written down: a replay writes the same rows of the same pages again.</summary>
    public override void Append(Plan plan, int layer, Tensor keys, Tensor values) =>
        Record(nameof(Append), (c, i) => { c.Append(plan, layer, i[0], i[1]); return default; }, keys, values);

    /// <inheritdoc/>
    public override (Tensor Keys, Tensor Values) ReadPages(KvPool pool, PageTable? pages, int layer, int length) => (
        Record(nameof(ReadPages), (c, _) => c.ReadPages(pool, pages, layer, length).Keys),
        Record(nameof(ReadPages), (c, _) => c.ReadPages(pool, pages, layer, length).Values));
}
