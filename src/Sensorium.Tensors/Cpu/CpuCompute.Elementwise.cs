namespace Sensorium.Tensors.Cpu;

public sealed unsafe partial class CpuCompute
{
    /// <inheritdoc/>
    public override Tensor Add(Tensor a, Tensor b)
    {
        Tensor y = Like(a, b);
        for (nint r = 0; r < a.Rows; r++)
        {
            float* p = a.FloatRow(r), q = b.FloatRow(b.Rows == 1 ? 0 : r), o = y.FloatRow(r);
            for (nint i = 0; i < a.Columns; i++)
            {
                o[i] = p[i] + q[i];
            }
        }

        return y;
    }

    /// <inheritdoc/>
    public override Tensor Subtract(Tensor a, Tensor b)
    {
        Tensor y = Like(a, b);
        for (nint r = 0; r < a.Rows; r++)
        {
            float* p = a.FloatRow(r), q = b.FloatRow(b.Rows == 1 ? 0 : r), o = y.FloatRow(r);
            for (nint i = 0; i < a.Columns; i++)
            {
                o[i] = p[i] - q[i];
            }
        }

        return y;
    }

    /// <inheritdoc/>
    public override Tensor Multiply(Tensor a, Tensor b)
    {
        Tensor y = Like(a, b);
        for (nint r = 0; r < a.Rows; r++)
        {
            float* p = a.FloatRow(r), q = b.FloatRow(b.Rows == 1 ? 0 : r), o = y.FloatRow(r);
            for (nint i = 0; i < a.Columns; i++)
            {
                o[i] = p[i] * q[i];
            }
        }

        return y;
    }

    /// <inheritdoc/>
    public override Tensor Divide(Tensor a, Tensor b)
    {
        Tensor y = Like(a, b);
        for (nint r = 0; r < a.Rows; r++)
        {
            float* p = a.FloatRow(r), q = b.FloatRow(b.Rows == 1 ? 0 : r), o = y.FloatRow(r);
            for (nint i = 0; i < a.Columns; i++)
            {
                o[i] = p[i] / q[i];
            }
        }

        return y;
    }

    /// <inheritdoc/>
    public override Tensor Affine(Tensor x, float factor, float offset = 0)
    {
        Tensor y = New(x.Rows, x.Columns);
        for (nint r = 0; r < x.Rows; r++)
        {
            float* p = x.FloatRow(r), o = y.FloatRow(r);
            for (nint i = 0; i < x.Columns; i++)
            {
                o[i] = p[i] * factor + offset;
            }
        }

        return y;
    }

    /// <inheritdoc/>
    public override Tensor Activate(Tensor x, Activation activation)
    {
        Tensor y = New(x.Rows, x.Columns);
        for (nint r = 0; r < x.Rows; r++)
        {
            Activations.Apply(Tier, activation, x.FloatRow(r), y.FloatRow(r), x.Columns);
        }

        return y;
    }

    Tensor Like(Tensor a, Tensor b)
    {
        if (a.Columns != b.Columns || (b.Rows != a.Rows && b.Rows != 1))
        {
            throw new ArgumentException($"{a} and {b} do not fit together");
        }

        return New(a.Rows, a.Columns);
    }
}
