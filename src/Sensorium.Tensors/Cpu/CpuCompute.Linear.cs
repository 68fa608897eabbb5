namespace Sensorium.Tensors.Cpu;

public sealed unsafe partial class CpuCompute
{
    /// <summary>The numbers of a vector weight.</summary>
    static float* Vector(Weight weight) => ((CpuWeight)weight.Need()).Floats;

    /// <inheritdoc/>
    public override Tensor Load(Weight vector)
    {
        nint rows = vector.Shape.Count < 2 ? 1 : vector.Outputs;
        nint columns = (nint)vector.Elements / Math.Max(rows, 1);
        return new Tensor(Vector(vector), rows, columns, columns, DType.F32);
    }

    /// <inheritdoc/>
    public override Tensor Embed(Weight table, ReadOnlySpan<int> ids)
    {
        Tensor y = New(ids.Length, table.Inputs);
        for (int i = 0; i < ids.Length; i++)
        {
            ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual((ulong)ids[i], (ulong)table.Outputs, nameof(ids));
            table.Need().Unpack(ids[i], 1, new Span<float>(y.FloatRow(i), (int)y.Columns));
        }

        return y;
    }

    /// <inheritdoc/>
    public override Tensor MatMul(Tensor x, Weight weight)
    {
        if (weight.Parts.Count > 0)
        {
            var parts = new Tensor[weight.Parts.Count];
            for (int i = 0; i < parts.Length; i++)
            {
                parts[i] = MatMul(x, weight.Parts[i]);
            }

            return Concat(parts);
        }

        return MatMul(x, new Tensor(Vector(weight), weight.Outputs, weight.Inputs, weight.Inputs, DType.F32), transposed: true);
    }

    /// <inheritdoc/>
    public override Tensor MatMul(Tensor a, Tensor b, bool transposed = false)
    {
        nint outputs = transposed ? b.Rows : b.Columns;
        if (a.Columns != (transposed ? b.Columns : b.Rows))
        {
            throw new ArgumentException($"{a} and {b} do not fit together{(transposed ? ", the second transposed" : "")}");
        }

        Tensor y = New(a.Rows, outputs);
        for (nint r = 0; r < a.Rows; r++)
        {
            for (nint n = 0; n < outputs; n++)
            {
                float sum = 0;
                for (nint k = 0; k < a.Columns; k++)
                {
                    sum = MathF.FusedMultiplyAdd(a.FloatRow(r)[k], transposed ? b.FloatRow(n)[k] : b.FloatRow(k)[n], sum);
                }

                y.FloatRow(r)[n] = sum;
            }
        }

        return y;
    }
}
