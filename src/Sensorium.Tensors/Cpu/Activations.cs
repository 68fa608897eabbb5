using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace Sensorium.Tensors.Cpu;

/// <summary>A function of one number, on a register of them.</summary>
interface IFunction
{
    static abstract V Of<S, V>(V x)
        where S : struct, ISimd<V>
        where V : struct;
}

/// <summary>Takes the kernel that is compiled for a function.</summary>
interface IFunctionChoice
{
    void Take<F>()
        where F : struct, IFunction;
}

/// <summary>The element-wise functions over a run of numbers.</summary>
static unsafe class Activations
{
    /// <summary>The kernel of an activation: source, destination, count; both may be the same.</summary>
    public static delegate*<float*, float*, nint, void> Of(KernelTier tier, Activation activation)
    {
        var choice = new MapChoice { Tier = tier };
        Choose(activation, ref choice);
        return choice.Kernel;
    }

    /// <summary>The kernel of activation(gate) · up: gate, up, destination, count.</summary>
    public static delegate*<float*, float*, float*, nint, void> Gated(KernelTier tier, Activation activation)
    {
        var choice = new GateChoice { Tier = tier };
        Choose(activation, ref choice);
        return choice.Kernel;
    }

    /// <summary>Calls with an activation's function.</summary>
    public static void Choose<TChoice>(Activation activation, ref TChoice choice)
        where TChoice : struct, IFunctionChoice
    {
        switch (activation)
        {
            case Activation.None: choice.Take<Same>(); break;
            case Activation.Silu: choice.Take<Silu>(); break;
            case Activation.Gelu: choice.Take<Gelu>(); break;
            case Activation.GeluTanh: choice.Take<GeluTanh>(); break;
            case Activation.QuickGelu: choice.Take<QuickGelu>(); break;
            case Activation.Relu: choice.Take<Relu>(); break;
            case Activation.Relu6: choice.Take<Relu6>(); break;
            case Activation.Sigmoid: choice.Take<Sigmoid>(); break;
            case Activation.Tanh: choice.Take<Tanh>(); break;
            default: throw new ArgumentOutOfRangeException(nameof(activation), activation, "not an activation");
        }
    }

    struct MapChoice : IFunctionChoice
    {
        public KernelTier Tier;
        public delegate*<float*, float*, nint, void> Kernel;

        public void Take<F>()
            where F : struct, IFunction => Kernel = Tier switch
            {
                KernelTier.Avx512 => &Map<F, Simd512, Vector512<float>>,
                KernelTier.Avx2 => &Map<F, Simd256, Vector256<float>>,
                _ => &Map<F, SimdPortable, Vector<float>>,
            };
    }

    struct GateChoice : IFunctionChoice
    {
        public KernelTier Tier;
        public delegate*<float*, float*, float*, nint, void> Kernel;

        public void Take<F>()
            where F : struct, IFunction => Kernel = Tier switch
            {
                KernelTier.Avx512 => &Gate<F, Simd512, Vector512<float>>,
                KernelTier.Avx2 => &Gate<F, Simd256, Vector256<float>>,
                _ => &Gate<F, SimdPortable, Vector<float>>,
            };
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    static void Map<F, S, V>(float* source, float* destination, nint count)
        where F : struct, IFunction
        where S : struct, ISimd<V>
        where V : struct
    {
        nint i = 0;
        for (; i <= count - S.Count; i += S.Count)
        {
            S.Store(F.Of<S, V>(S.Load(source + i)), destination + i);
        }

        if (i < count)
        {
            int rest = (int)(count - i);
            S.StoreSome(F.Of<S, V>(S.LoadSome(source + i, rest)), destination + i, rest);
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    static void Gate<F, S, V>(float* gate, float* up, float* destination, nint count)
        where F : struct, IFunction
        where S : struct, ISimd<V>
        where V : struct
    {
        nint i = 0;
        for (; i <= count - S.Count; i += S.Count)
        {
            S.Store(S.Multiply(F.Of<S, V>(S.Load(gate + i)), S.Load(up + i)), destination + i);
        }

        if (i < count)
        {
            int rest = (int)(count - i);
            S.StoreSome(S.Multiply(F.Of<S, V>(S.LoadSome(gate + i, rest)), S.LoadSome(up + i, rest)), destination + i, rest);
        }
    }

    readonly struct Same : IFunction
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public static V Of<S, V>(V x)
            where S : struct, ISimd<V>
            where V : struct => x;
    }

    readonly struct Silu : IFunction
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public static V Of<S, V>(V x)
            where S : struct, ISimd<V>
            where V : struct => S.Multiply(x, VectorMath<S, V>.Sigmoid(x));
    }

    readonly struct Gelu : IFunction
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public static V Of<S, V>(V x)
            where S : struct, ISimd<V>
            where V : struct => S.Multiply(x, VectorMath<S, V>.NormalDistribution(x));
    }

    readonly struct GeluTanh : IFunction
    {
        // (1 + tanh u) / 2 is the sigmoid of 2 u, which keeps its digits where the tanh is near -1.
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public static V Of<S, V>(V x)
            where S : struct, ISimd<V>
            where V : struct
        {
            V twice = S.Multiply(x, S.Fma(S.Multiply(x, x), S.Create(0.07135481282f), S.Create(1.59576912161f)));
            return S.Multiply(x, VectorMath<S, V>.Sigmoid(twice));
        }
    }

    readonly struct QuickGelu : IFunction
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public static V Of<S, V>(V x)
            where S : struct, ISimd<V>
            where V : struct => S.Multiply(x, VectorMath<S, V>.Sigmoid(S.Multiply(x, S.Create(1.702f))));
    }

    readonly struct Relu : IFunction
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public static V Of<S, V>(V x)
            where S : struct, ISimd<V>
            where V : struct => S.Max(S.Create(0), x);
    }

    readonly struct Relu6 : IFunction
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public static V Of<S, V>(V x)
            where S : struct, ISimd<V>
            where V : struct => S.Min(S.Create(6), S.Max(S.Create(0), x));
    }

    readonly struct Sigmoid : IFunction
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public static V Of<S, V>(V x)
            where S : struct, ISimd<V>
            where V : struct => VectorMath<S, V>.Sigmoid(x);
    }

    readonly struct Tanh : IFunction
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public static V Of<S, V>(V x)
            where S : struct, ISimd<V>
            where V : struct => VectorMath<S, V>.Tanh(x);
    }
}
