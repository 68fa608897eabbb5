namespace Sensorium.Tensors.Scalar;

/// <summary>
/// The operations' living definition: plain loops in float64. Tensors are F64; F32 operands are widened first. Fused
/// operations run their expansion in primitives. The numerics mode changes nothing here.
/// </summary>
public sealed unsafe partial class ScalarCompute(Numerics numerics) : Compute(numerics)
{
    /// <inheritdoc/>
    public override Tensor FromHost(ReadOnlySpan<float> values, nint rows, nint columns)
    {
        ShapeCheck.Length(values.Length, checked(rows * columns));
        Tensor y = New(rows, columns);
        for (int i = 0; i < values.Length; i++)
        {
            y.Doubles[i] = values[i];
        }

        return y;
    }

    /// <inheritdoc/>
    public override void Read(Tensor x, Span<float> destination)
    {
        ShapeCheck.Length(destination.Length, x.Rows * x.Columns);
        x = Wide(x);
        int i = 0;
        for (nint row = 0; row < x.Rows; row++)
        {
            foreach (double value in Row(x, row))
            {
                destination[i++] = (float)value;
            }
        }
    }

    /// <inheritdoc/>
    public override void ReadIds(Tensor x, Span<int> destination)
    {
        ShapeCheck.Length(destination.Length, x.Rows * x.Columns);
        int i = 0;
        for (nint row = 0; row < x.Rows; row++)
        {
            for (nint column = 0; column < x.Columns; column++)
            {
                destination[i++] = x.Integers[row * x.Stride + column];
            }
        }
    }

    /// <inheritdoc/>
    public override Tensor Load(Weight vector)
    {
        nint columns = vector.Shape.Count < 2 ? (nint)vector.Elements : vector.Inputs;
        Tensor y = New(columns == 0 ? 0 : (nint)vector.Elements / columns, columns);
        double* destination = y.Doubles;
        foreach (Weight part in PartsOf(vector))
        {
            ReadOnlySpan<double> values = Values(part);
            values.CopyTo(new Span<double>(destination, values.Length));
            destination += values.Length;
        }

        return y;
    }

    static IReadOnlyList<Weight> PartsOf(Weight weight) => weight.Parts.Count == 0 ? [weight] : weight.Parts;

    static ScalarWeight Prepared(Weight weight) => (ScalarWeight)weight.Need();

    static ReadOnlySpan<double> Values(Weight weight) => Prepared(weight).Values;

    static Span<double> Row(Tensor x, nint row) => new(x.Doubles + row * x.Stride, (int)x.Columns);

    Tensor New(nint rows, nint columns) => New(rows, columns, DType.F64);

    Tensor Zeros(nint rows, nint columns)
    {
        Tensor y = New(rows, columns);
        new Span<double>(y.Doubles, checked((int)(rows * columns))).Clear();
        return y;
    }

    /// <summary>The tensor as F64; itself where it is already.</summary>
    Tensor Wide(Tensor x)
    {
        if (x.Type == DType.F64)
        {
            return x;
        }

        if (x.Type != DType.F32)
        {
            throw new ArgumentException($"{x} holds no floats");
        }

        Tensor y = New(x.Rows, x.Columns);
        for (nint row = 0; row < x.Rows; row++)
        {
            Span<double> destination = Row(y, row);
            for (int i = 0; i < destination.Length; i++)
            {
                destination[i] = x.FloatRow(row)[i];
            }
        }

        return y;
    }
}
