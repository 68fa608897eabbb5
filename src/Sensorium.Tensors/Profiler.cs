using System.Diagnostics;

namespace Sensorium.Tensors;

/// <summary>Time spent in one kind of operation.</summary>
/// <param name="Name">The operation, with the weight's type where it reads one.</param>
/// <param name="Calls">How often it ran.</param>
/// <param name="Seconds">How long, in all.</param>
/// <param name="Operations">Multiply-adds count as two; 0 where it is no product.</param>
/// <param name="Bytes">Bytes of weights read; 0 where it reads none.</param>
public readonly record struct OperationTime(string Name, int Calls, double Seconds, double Operations, double Bytes);

/// <summary>A context that passes every operation on to another and takes its time: what <c>bench --profile</c> prints.</summary>
public sealed class Profiler : Compute
{
    readonly Compute inner;
    readonly Dictionary<string, OperationTime> times = new(StringComparer.Ordinal);

    /// <param name="inner">Who computes.</param>
    public Profiler(Compute inner)
        : base(inner) => this.inner = inner;

    /// <summary>What was measured, the longest first.</summary>
    public IReadOnlyList<OperationTime> Times => [.. times.Values.OrderByDescending(t => t.Seconds)];

    /// <summary>Forgets what was measured.</summary>
    public void Clear() => times.Clear();

    /// <inheritdoc/>
    public override Tensor FromHost(ReadOnlySpan<float> values, nint rows, nint columns)
    {
        long start = Stopwatch.GetTimestamp();
        return Done(nameof(FromHost), start, inner.FromHost(values, rows, columns));
    }

    /// <inheritdoc/>
    public override void Read(Tensor x, Span<float> destination)
    {
        long start = Stopwatch.GetTimestamp();
        inner.Read(x, destination);
        Done(nameof(Read), start, x);
    }

    /// <inheritdoc/>
    public override void ReadIds(Tensor x, Span<int> destination) => inner.ReadIds(x, destination);

    /// <inheritdoc/>
    public override Tensor Embed(Weight table, ReadOnlySpan<int> ids)
    {
        long start = Stopwatch.GetTimestamp();
        return Done(nameof(Embed), start, inner.Embed(table, ids));
    }

    /// <inheritdoc/>
    public override Tensor MatMul(Tensor x, Weight weight)
    {
        long start = Stopwatch.GetTimestamp();
        return Product(nameof(MatMul), start, inner.MatMul(x, weight), x.Rows, weight);
    }

    /// <inheritdoc/>
    public override Tensor MatMul(Tensor a, Tensor b, bool transposed = false)
    {
        long start = Stopwatch.GetTimestamp();
        Tensor y = inner.MatMul(a, b, transposed);
        return Done("MatMul of activations", start, y, 2.0 * y.Rows * y.Columns * a.Columns);
    }

    /// <inheritdoc/>
    public override Tensor Linear(Tensor x, Weight weight, in Epilogue epilogue = default)
    {
        long start = Stopwatch.GetTimestamp();
        return Product(nameof(Linear), start, inner.Linear(x, weight, epilogue), x.Rows, weight);
    }

    /// <inheritdoc/>
    public override FeatureMaps Convolve(FeatureMaps x, Weight weight, in Window window)
    {
        long start = Stopwatch.GetTimestamp();
        return Convolved(start, inner.Convolve(x, weight, window), weight, window);
    }

    /// <inheritdoc/>
    public override FeatureMaps Convolve(FeatureMaps x, Weight weight, in Window window, in Epilogue epilogue)
    {
        long start = Stopwatch.GetTimestamp();
        return Convolved(start, inner.Convolve(x, weight, window, epilogue), weight, window);
    }

    /// <inheritdoc/>
    public override Tensor Gate(Tensor gateUp, Activation activation)
    {
        long start = Stopwatch.GetTimestamp();
        return Done(nameof(Gate), start, inner.Gate(gateUp, activation));
    }

    /// <inheritdoc/>
    public override Tensor Attend(Tensor queries, KeyValues source, Plan plan, AttentionShape shape)
    {
        long start = Stopwatch.GetTimestamp();
        Tensor y = inner.Attend(queries, source, plan, shape);
        double seen = 0;
        for (int i = 0; i < plan.Segments.Length; i++)
        {
            Segment segment = plan.Segments[i];
            foreach (int end in plan.VisibleEnds.Slice(segment.FirstRow, segment.Rows))
            {
                seen += source.AreMemory ? source.Count(plan, i) : end;
            }
        }

        return Done(nameof(Attend), start, y, 2 * seen * shape.Heads * (shape.KeySize + shape.ValueSize));
    }

    /// <inheritdoc/>
    public override void Append(Plan plan, int layer, Tensor keys, Tensor values)
    {
        long start = Stopwatch.GetTimestamp();
        inner.Append(plan, layer, keys, values);
        Done(nameof(Append), start, keys);
    }

    /// <inheritdoc/>
    public override (Tensor Keys, Tensor Values) ReadPages(KvPool pool, PageTable? pages, int layer, int length) => inner.ReadPages(pool, pages, layer, length);

    /// <inheritdoc/>
    public override Tensor Add(Tensor a, Tensor b)
    {
        long start = Stopwatch.GetTimestamp();
        return Done(nameof(Add), start, inner.Add(a, b));
    }

    /// <inheritdoc/>
    public override Tensor Subtract(Tensor a, Tensor b)
    {
        long start = Stopwatch.GetTimestamp();
        return Done(nameof(Subtract), start, inner.Subtract(a, b));
    }

    /// <inheritdoc/>
    public override Tensor Multiply(Tensor a, Tensor b)
    {
        long start = Stopwatch.GetTimestamp();
        return Done(nameof(Multiply), start, inner.Multiply(a, b));
    }

    /// <inheritdoc/>
    public override Tensor Divide(Tensor a, Tensor b)
    {
        long start = Stopwatch.GetTimestamp();
        return Done(nameof(Divide), start, inner.Divide(a, b));
    }

    /// <inheritdoc/>
    public override Tensor Affine(Tensor x, float factor, float offset = 0)
    {
        long start = Stopwatch.GetTimestamp();
        return Done(nameof(Affine), start, inner.Affine(x, factor, offset));
    }

    /// <inheritdoc/>
    public override Tensor Activate(Tensor x, Activation activation)
    {
        long start = Stopwatch.GetTimestamp();
        return Done(nameof(Activate), start, inner.Activate(x, activation));
    }

    /// <inheritdoc/>
    public override Tensor Load(Weight vector) => inner.Load(vector);

    /// <inheritdoc/>
    public override Tensor Softmax(Tensor x)
    {
        long start = Stopwatch.GetTimestamp();
        return Done(nameof(Softmax), start, inner.Softmax(x));
    }

    /// <inheritdoc/>
    public override Tensor SoftmaxWithin(Tensor x, ReadOnlySpan<int> starts, ReadOnlySpan<int> ends)
    {
        long start = Stopwatch.GetTimestamp();
        return Done(nameof(SoftmaxWithin), start, inner.SoftmaxWithin(x, starts, ends));
    }

    /// <inheritdoc/>
    public override Tensor RmsNorm(Tensor x, Weight? weight, float epsilon, float offset = 0)
    {
        long start = Stopwatch.GetTimestamp();
        return Done(nameof(RmsNorm), start, inner.RmsNorm(x, weight, epsilon, offset));
    }

    /// <inheritdoc/>
    public override Tensor LayerNorm(Tensor x, Weight? weight, Weight? bias, float epsilon)
    {
        long start = Stopwatch.GetTimestamp();
        return Done(nameof(LayerNorm), start, inner.LayerNorm(x, weight, bias, epsilon));
    }

    /// <inheritdoc/>
    public override Tensor BatchNorm(Tensor x, BatchNormWeights norm)
    {
        long start = Stopwatch.GetTimestamp();
        return Done(nameof(BatchNorm), start, inner.BatchNorm(x, norm));
    }

    /// <inheritdoc/>
    public override Tensor Rope(Tensor x, Plan plan, RopeTable rope, int headSize)
    {
        long start = Stopwatch.GetTimestamp();
        return Done(nameof(Rope), start, inner.Rope(x, plan, rope, headSize));
    }

    /// <inheritdoc/>
    public override Tensor Concat(params ReadOnlySpan<Tensor> parts)
    {
        long start = Stopwatch.GetTimestamp();
        return Done(nameof(Concat), start, inner.Concat(parts));
    }

    /// <inheritdoc/>
    public override Tensor ConcatRows(params ReadOnlySpan<Tensor> parts)
    {
        long start = Stopwatch.GetTimestamp();
        return Done(nameof(ConcatRows), start, inner.ConcatRows(parts));
    }

    /// <inheritdoc/>
    public override Tensor Gather(Tensor x, ReadOnlySpan<int> rows)
    {
        long start = Stopwatch.GetTimestamp();
        return Done(nameof(Gather), start, inner.Gather(x, rows));
    }

    /// <inheritdoc/>
    public override Tensor Scatter(Tensor x, Tensor values, ReadOnlySpan<int> rows)
    {
        long start = Stopwatch.GetTimestamp();
        return Done(nameof(Scatter), start, inner.Scatter(x, values, rows));
    }

    /// <inheritdoc/>
    public override Tensor MeanRows(Tensor x, ReadOnlySpan<int> lengths)
    {
        long start = Stopwatch.GetTimestamp();
        return Done(nameof(MeanRows), start, inner.MeanRows(x, lengths));
    }

    /// <inheritdoc/>
    public override Tensor ArgMax(Tensor x)
    {
        long start = Stopwatch.GetTimestamp();
        return Done(nameof(ArgMax), start, inner.ArgMax(x));
    }

    /// <inheritdoc/>
    public override FeatureMaps AveragePool(FeatureMaps x, in Window window)
    {
        long start = Stopwatch.GetTimestamp();
        FeatureMaps y = inner.AveragePool(x, window);
        Done(nameof(AveragePool), start, y.Rows);
        return y;
    }

    /// <inheritdoc/>
    public override FeatureMaps MaxPool(FeatureMaps x, in Window window)
    {
        long start = Stopwatch.GetTimestamp();
        FeatureMaps y = inner.MaxPool(x, window);
        Done(nameof(MaxPool), start, y.Rows);
        return y;
    }

    /// <inheritdoc/>
    public override FeatureMaps AdaptiveAveragePool(FeatureMaps x, int height, int width)
    {
        long start = Stopwatch.GetTimestamp();
        FeatureMaps y = inner.AdaptiveAveragePool(x, height, width);
        Done(nameof(AdaptiveAveragePool), start, y.Rows);
        return y;
    }

    FeatureMaps Convolved(long start, FeatureMaps y, Weight weight, in Window window)
    {
        string kind = window is { Height: 1, Width: 1 } ? "Convolve 1x1" : weight.Shape[1] == 1 ? "Convolve depthwise" : "Convolve";
        Product(kind, start, y.Rows, y.Rows.Rows, weight);
        return y;
    }

    Tensor Product(string name, long start, Tensor y, nint rows, Weight weight)
    {
        Weight first = weight.Parts.Count > 0 ? weight.Parts[0] : weight;
        double bytes = weight.Parts.Count > 0 ? weight.Parts.Sum(p => p.Prepared?.ReadBytes ?? 0) : weight.Prepared?.ReadBytes ?? 0;
        return Done($"{name} {first.SourceType}", start, y, 2.0 * rows * weight.Outputs * weight.Inputs, bytes);
    }

    Tensor Done(string name, long start, Tensor result, double operations = 0, double bytes = 0)
    {
        double seconds = Stopwatch.GetElapsedTime(start).TotalSeconds;
        OperationTime before = times.GetValueOrDefault(name);
        times[name] = new OperationTime(name, before.Calls + 1, before.Seconds + seconds, before.Operations + operations, before.Bytes + bytes);
        return result;
    }
}
