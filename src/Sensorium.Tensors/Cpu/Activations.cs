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

/// <summary>The element-wise functions over a run of numbers; also what a matrix product's epilogue calls on a finished tile.</summary>
static unsafe class Activations
{
    /// <summary>destination[i] = activation(source[i]); both may be the same.</summary>
    public static void Apply(KernelTier tier, Activation activation, float* source, float* destination, nint count) =>
        Of(tier, activation)(source, destination, count);

    /// <summary>The kernel of an activation: source, destination, count.</summary>
    public static delegate*<float*, float*, nint, void> Of(KernelTier tier, Activation activation) => activation switch
    {
        Activation.None => Of<Same>(tier),
        Activation.Silu => Of<Silu>(tier),
        Activation.Gelu => Of<Gelu>(tier),
        Activation.GeluTanh => Of<GeluTanh>(tier),
        Activation.QuickGelu => Of<QuickGelu>(tier),
        Activation.Relu => Of<Relu>(tier),
        Activation.Relu6 => Of<Relu6>(tier),
        Activation.Sigmoid => Of<Sigmoid>(tier),
        Activation.Tanh => Of<Tanh>(tier),
        _ => throw new ArgumentOutOfRangeException(nameof(activation), activation, "not an activation"),
    };

    /// <summary>The kernel of activation(gate) · up: gate, up, destination, count.</summary>
    public static delegate*<float*, float*, float*, nint, void> Gated(KernelTier tier, Activation activation) => activation switch
    {
        Activation.None => Gated<Same>(tier),
        Activation.Silu => Gated<Silu>(tier),
        Activation.Gelu => Gated<Gelu>(tier),
        Activation.GeluTanh => Gated<GeluTanh>(tier),
        Activation.QuickGelu => Gated<QuickGelu>(tier),
        Activation.Relu => Gated<Relu>(tier),
        Activation.Relu6 => Gated<Relu6>(tier),
        Activation.Sigmoid => Gated<Sigmoid>(tier),
        Activation.Tanh => Gated<Tanh>(tier),
        _ => throw new ArgumentOutOfRangeException(nameof(activation), activation, "not an activation"),
    };

    static delegate*<float*, float*, nint, void> Of<F>(KernelTier tier)
        where F : struct, IFunction => tier switch
        {
            KernelTier.Avx512 => &Map<F, Simd512, Vector512<float>>,
            KernelTier.Avx2 => &Map<F, Simd256, Vector256<float>>,
            _ => &Map<F, SimdPortable, Vector<float>>,
        };

    static delegate*<float*, float*, float*, nint, void> Gated<F>(KernelTier tier)
        where F : struct, IFunction => tier switch
        {
            KernelTier.Avx512 => &Gate<F, Simd512, Vector512<float>>,
            KernelTier.Avx2 => &Gate<F, Simd256, Vector256<float>>,
            _ => &Gate<F, SimdPortable, Vector<float>>,
        };

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
