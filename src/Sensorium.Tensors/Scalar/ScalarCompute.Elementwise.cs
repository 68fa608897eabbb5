namespace Sensorium.Tensors.Scalar;

public sealed unsafe partial class ScalarCompute
{
    const double Sqrt2 = 1.4142135623730950488;
    const double SqrtTwoOverPi = 0.79788456080286535588;

    /// <inheritdoc/>
    public override Tensor Add(Tensor a, Tensor b) => Pairs(a, b, static (x, y) => x + y);

    /// <inheritdoc/>
    public override Tensor Subtract(Tensor a, Tensor b) => Pairs(a, b, static (x, y) => x - y);

    /// <inheritdoc/>
    public override Tensor Multiply(Tensor a, Tensor b) => Pairs(a, b, static (x, y) => x * y);

    /// <inheritdoc/>
    public override Tensor Divide(Tensor a, Tensor b) => Pairs(a, b, static (x, y) => x / y);

    /// <inheritdoc/>
    public override Tensor Affine(Tensor x, float factor, float offset = 0) => Each(x, v => v * factor + offset);

    /// <inheritdoc/>
    public override Tensor Activate(Tensor x, Activation activation) => activation switch
    {
        Activation.None => Each(x, static v => v),
        Activation.Silu => Each(x, static v => v * Sigmoid(v)),
        Activation.Gelu => Each(x, static v => v * 0.5 * ErrorFunction.Complement(-v / Sqrt2)),
        Activation.GeluTanh => Each(x, static v => v * Sigmoid(2 * SqrtTwoOverPi * (v + 0.044715 * v * v * v))),
        Activation.QuickGelu => Each(x, static v => v * Sigmoid(1.702 * v)),
        Activation.Relu => Each(x, static v => Math.Max(v, 0)),
        Activation.Relu6 => Each(x, static v => Math.Min(Math.Max(v, 0), 6)),
        Activation.Sigmoid => Each(x, Sigmoid),
        Activation.Tanh => Each(x, Math.Tanh),
        _ => throw new ArgumentOutOfRangeException(nameof(activation), activation, "no such activation"),
    };

    static double Sigmoid(double x) => 1 / (1 + Math.Exp(-x));

    Tensor Each(Tensor x, Func<double, double> function)
    {
        x = Wide(x);
        Tensor y = New(x.Rows, x.Columns);
        for (nint row = 0; row < x.Rows; row++)
        {
            Span<double> from = Row(x, row);
            Span<double> to = Row(y, row);
            for (int i = 0; i < to.Length; i++)
            {
                to[i] = function(from[i]);
            }
        }

        return y;
    }

    Tensor Pairs(Tensor a, Tensor b, Func<double, double, double> function)
    {
        ShapeCheck.Broadcast(a, b);
        a = Wide(a);
        b = Wide(b);
        Tensor y = New(a.Rows, a.Columns);
        for (nint row = 0; row < a.Rows; row++)
        {
            Span<double> left = Row(a, row);
            Span<double> right = Row(b, b.Rows == 1 ? 0 : row);
            Span<double> to = Row(y, row);
            for (int i = 0; i < to.Length; i++)
            {
                to[i] = function(left[i], right[i]);
            }
        }

        return y;
    }
}
