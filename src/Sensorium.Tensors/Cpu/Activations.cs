namespace Sensorium.Tensors.Cpu;

/// <summary>The element-wise functions over a run of numbers; also what a matrix product's epilogue calls on a finished tile.</summary>
static unsafe class Activations
{
    /// <summary>destination[i] = activation(source[i]); both may be the same.</summary>
    public static void Apply(KernelTier tier, Activation activation, float* source, float* destination, nint count)
    {
        _ = tier;
        for (nint i = 0; i < count; i++)
        {
            destination[i] = Of(activation, source[i]);
        }
    }

    static float Of(Activation activation, float x) => activation switch
    {
        Activation.None => x,
        Activation.Silu => x / (1 + MathF.Exp(-x)),
        Activation.Gelu => (float)(0.5 * x * (1 + Erf(x / Math.Sqrt(2)))),
        Activation.GeluTanh => (float)(0.5 * x * (1 + Math.Tanh(Math.Sqrt(2 / Math.PI) * (x + 0.044715 * x * x * x)))),
        Activation.QuickGelu => x / (1 + MathF.Exp(-1.702f * x)),
        Activation.Relu => MathF.Max(x, 0),
        Activation.Relu6 => MathF.Min(MathF.Max(x, 0), 6),
        Activation.Sigmoid => 1 / (1 + MathF.Exp(-x)),
        Activation.Tanh => MathF.Tanh(x),
        _ => throw new ArgumentOutOfRangeException(nameof(activation), activation, "not an activation"),
    };

    // The Maclaurin series where it converges fast, else the continued fraction of the complement.
    static double Erf(double x)
    {
        double a = Math.Abs(x), square = a * a;
        if (a > 6)
        {
            return Math.Sign(x);
        }

        if (a < 2.5)
        {
            double term = a, sum = a;
            for (int n = 1; Math.Abs(term) > 1e-17 * sum; n++)
            {
                term *= -square / n;
                sum += term / (2 * n + 1);
            }

            return Math.CopySign(2 / Math.Sqrt(Math.PI) * sum, x);
        }

        double fraction = 0;
        for (int n = 60; n > 0; n--)
        {
            fraction = n / 2.0 / (a + fraction);
        }

        return Math.CopySign(1 - Math.Exp(-square) / Math.Sqrt(Math.PI) / (a + fraction), x);
    }
}
