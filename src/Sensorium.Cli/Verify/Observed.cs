using Sensorium.Tensors;

namespace Sensorium.Cli.Verify;

/// <summary>Collects the tensors that a model names while it runs, as <c>[rows, columns]</c> on the host.</summary>
sealed class Observed : IDisposable
{
    readonly Compute compute;
    readonly Dictionary<string, Values> values = new(StringComparer.Ordinal);

    public Observed(Compute compute)
    {
        this.compute = compute;
        compute.Observer = (name, x) => values[name] = compute.Values(x);
    }

    /// <summary>What was named; null where nothing was.</summary>
    public Values? this[string name] => values.GetValueOrDefault(name);

    public void Dispose() => compute.Observer = null;
}

/// <summary>Tensors as host numbers.</summary>
static class TensorReading
{
    /// <summary>Reads a whole tensor, <c>[rows, columns]</c>.</summary>
    public static Values Values(this Compute c, Tensor x)
    {
        var data = new float[x.Rows * x.Columns];
        c.Read(x, data);
        return Verify.Values.Of(data, (int)x.Rows, (int)x.Columns);
    }
}
